from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import root_mean_squared_log_error

from pytest_mlebench.metrics.rmsle import rmsle

NUMBERS = st.floats(0, 1e6)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_it_is_that_of_scikit_learn_in_any_order(pairs):
    truth, prediction = np.array(pairs).T
    got = rmsle(truth, prediction)
    assert got == pytest.approx(root_mean_squared_log_error(truth, prediction), rel=1e-9, abs=1e-150)
    assert got == pytest.approx(rmsle(prediction[::-1], truth[::-1]), rel=1e-9, abs=1e-150)
    assert rmsle(truth, truth) == 0


def test_negative_values_and_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="negative"):
        rmsle(np.zeros(2), np.array([0, -0.001]))
    with pytest.raises(ValueError, match="shape"):
        rmsle(np.zeros(2), np.zeros(3))
