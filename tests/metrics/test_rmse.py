from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.metrics.rmse import rmse

VALUES = st.integers(-(10**9), 10**9).map(lambda value: value / 1000)
PAIRS = st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=30)


@given(PAIRS, st.randoms())
def test_it_is_the_root_of_the_mean_square_in_any_order(pairs, random):
    truth, prediction = (np.array(column) for column in zip(*pairs, strict=True))
    got = rmse(truth, prediction)
    slow = math.sqrt(math.fsum((p - t) ** 2 for t, p in pairs) / len(pairs))
    assert got == pytest.approx(slow, rel=1e-12)
    assert abs(truth - prediction).min() * (1 - 1e-12) <= got <= abs(truth - prediction).max() * (1 + 1e-12)
    assert rmse(prediction, truth) == got
    assert rmse(truth, truth) == 0
    random.shuffle(pairs)
    assert rmse(*(np.array(column) for column in zip(*pairs, strict=True))) == pytest.approx(got)


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        rmse(np.zeros(3), np.zeros((3, 1)))
