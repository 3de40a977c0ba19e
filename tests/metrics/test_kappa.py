from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from pytest_mlebench.metrics.kappa import quadratic_kappa

GRADES = st.integers(0, 5) | st.sampled_from([-7, 10**9])
PAIRS = st.lists(st.tuples(GRADES, GRADES), min_size=1, max_size=40)


@given(PAIRS)
def test_it_is_that_of_scikit_learn_and_symmetric(pairs):
    truth, prediction = np.array(pairs).T
    got = quadratic_kappa(truth, prediction)
    if len(set(truth) | set(prediction)) == 1:
        assert math.isnan(got)
        return
    assert got == pytest.approx(cohen_kappa_score(prediction, truth, weights="quadratic"), abs=1e-9)
    assert got == pytest.approx(quadratic_kappa(prediction, truth), abs=1e-12)
    assert -1 - 1e-9 <= got <= 1
    assert quadratic_kappa(truth[::-1], prediction[::-1]) == pytest.approx(got, abs=1e-12)


def test_grades_that_occur_nowhere_close_up():
    assert quadratic_kappa(np.array([0, 1, 9]), np.array([0, 9, 1])) == quadratic_kappa(
        np.array([0, 1, 2]), np.array([0, 2, 1])
    )


def test_a_constant_prediction_is_chance():
    assert quadratic_kappa(np.array([0, 1, 2, 3]), np.full(4, 2)) == 0


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        quadratic_kappa(np.array([1, 2]), np.array([1]))
