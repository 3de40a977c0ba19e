from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import spearmanr

from pytest_mlebench.metrics.spearman import spearman

NUMBERS = st.floats(allow_nan=False) | st.sampled_from([0.0, -0.0, 0.5, 1.0])
PAIRS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=2, max_size=40)


@given(PAIRS, st.randoms())
def test_it_is_the_number_of_scipy_in_any_order_of_rows(pairs, random):
    first, second = np.array(pairs).T
    got = spearman(first, second)
    constant = min(len(set(first)), len(set(second))) == 1
    expected = math.nan if constant else spearmanr(first, second).correlation
    assert got == pytest.approx(expected, abs=1e-12, nan_ok=True)
    if math.isnan(got):
        return
    assert -1 <= got <= 1
    assert spearman(second, first) == got
    assert spearman(-first, second) == pytest.approx(-got)
    assert spearman(first, first) == pytest.approx(1)
    random.shuffle(pairs)
    assert spearman(*np.array(pairs).T) == pytest.approx(got)


@given(st.lists(st.text(max_size=3), min_size=2, max_size=30))
def test_texts_are_ranked_by_their_code_points(texts):
    places = np.array([sorted(set(texts)).index(text) for text in texts])
    truth = np.arange(len(texts))
    assert spearman(np.array(texts, dtype=object), truth) == pytest.approx(spearman(places, truth), nan_ok=True)


@pytest.mark.parametrize("column", [[1.0, 1.0, 1.0], [1.0, math.nan, 2.0], [True, True, True]])
def test_a_constant_or_incomplete_column_has_no_correlation(column):
    for dtype in (None, object):
        assert math.isnan(spearman(np.array(column, dtype=dtype), np.arange(3)))
        assert math.isnan(spearman(np.arange(3), np.array(column, dtype=dtype)))


def test_text_with_missing_cells_has_no_correlation():
    assert math.isnan(spearman(np.array(["a", math.nan, "b"], dtype=object), np.arange(3)))


def test_what_cannot_be_ranked_is_an_error():
    with pytest.raises(TypeError):
        spearman(np.array(["a", 1, 2], dtype=object), np.arange(3))
    for shape in ((2,), (3, 1), (0,)):
        with pytest.raises(ValueError, match="shapes"):
            spearman(np.zeros(shape), np.zeros(3 if shape != (0,) else 0))
