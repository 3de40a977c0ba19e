from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_absolute_error

from pytest_mlebench.metrics.mae import mae

NUMBERS = st.floats(-1e6, 1e6)


@given(st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30))
def test_it_is_that_of_scikit_learn_in_any_order(pairs):
    truth, prediction = np.array(pairs).T
    got = mae(truth, prediction)
    assert got == pytest.approx(mean_absolute_error(truth, prediction), rel=1e-12)
    assert got == pytest.approx(mae(prediction[::-1], truth[::-1]), rel=1e-12)
    assert mae(truth, truth) == 0


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        mae(np.zeros(2), np.zeros(3))
