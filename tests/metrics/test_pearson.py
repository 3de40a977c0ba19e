from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import pearsonr

from pytest_mlebench.metrics.pearson import pearson

NUMBERS = st.integers(-1000, 1000).map(lambda value: value / 8)
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=3, max_size=30)


@given(PAIRS)
def test_it_is_that_of_scipy_and_symmetric(pairs):
    first, second = np.array(pairs).T
    got = pearson(first, second)
    if len(set(first)) == 1 or len(set(second)) == 1:
        assert math.isnan(got)
        return
    assert got == pytest.approx(pearsonr(first, second)[0], abs=1e-9)
    assert got == pytest.approx(pearson(second[::-1], first[::-1]), abs=1e-12)
    assert -1 <= got <= 1


@given(PAIRS.filter(lambda pairs: all(len(set(column)) > 1 for column in zip(*pairs, strict=True))))
def test_scale_and_offset_do_not_matter(pairs):
    first, second = np.array(pairs).T
    got = pearson(first, second)
    assert pearson(first * 1e300, 5 - second) == pytest.approx(-got, abs=1e-9)
    assert pearson(first * 1e-300, second * 3) == pytest.approx(got, abs=1e-9)


@pytest.mark.parametrize("cell", [math.nan, math.inf, -math.inf])
def test_a_cell_that_is_not_finite_makes_it_not_a_number(cell):
    assert math.isnan(pearson(np.arange(3), np.array([1, 2, cell])))


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        pearson(np.zeros(3), np.zeros(2))
