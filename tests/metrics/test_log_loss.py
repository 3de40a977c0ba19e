from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import log_loss as sklearn_log_loss

from pytest_mlebench.metrics.log_loss import binary_log_loss, log_loss

EPS = 2.220446049250313e-16
PROBABILITIES = arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(2, 5)), elements=st.floats(0, 1))


def one_hot(rows, classes, seed):
    return np.eye(classes, dtype=int)[np.random.default_rng(seed).integers(0, classes, rows)]


@given(PROBABILITIES, st.integers(0, 99))
def test_it_is_the_mean_of_the_clipped_logarithms_in_any_order(prediction, seed):
    truth = one_hot(*prediction.shape, seed)
    rows = [
        -math.log(min(max(p, EPS), 1 - EPS))
        for right, row in zip(truth, prediction, strict=True)
        for t, p in zip(right, row, strict=True)
        if t
    ]
    got = log_loss(truth, prediction)
    assert got == pytest.approx(sum(rows) / len(rows), rel=1e-12)
    assert 0 <= got <= 36.05
    order = np.random.default_rng(seed).permutation(len(truth))
    assert log_loss(truth[order], prediction[order]) == pytest.approx(got)
    classes = np.random.default_rng(seed).permutation(truth.shape[1])
    assert log_loss(truth[:, classes], prediction[:, classes]) == pytest.approx(got)


def test_it_agrees_with_scikit_learn_where_rows_sum_to_one():
    rng = np.random.default_rng(0)
    prediction = rng.dirichlet(np.ones(4), 200)
    truth = one_hot(200, 4, 1)
    assert log_loss(truth, prediction) == pytest.approx(sklearn_log_loss(truth, prediction), rel=1e-12)


def test_certainty_costs_what_the_published_grader_counts():
    truth = np.eye(3, dtype=int)
    assert log_loss(truth, np.eye(3)) == 2.220446049250313e-16
    assert log_loss(truth, np.roll(np.eye(3), 1, axis=1)) == pytest.approx(36.04365338911715, rel=1e-15)


def test_rows_are_not_rescaled():
    assert log_loss(np.array([[1, 0]]), np.array([[0.25, 0.25]])) == -math.log(0.25)


def test_other_shapes_are_our_own_error():
    with pytest.raises(ValueError, match="shape"):
        log_loss(np.eye(3), np.eye(2))


@given(st.lists(st.tuples(st.integers(0, 1), st.floats(0, 1)), min_size=1))
def test_that_of_two_classes_needs_one_probability(pairs):
    truth, prediction = np.array(pairs).T
    both = np.stack([1 - prediction, prediction], axis=1)
    assert binary_log_loss(truth, prediction) == log_loss(np.eye(2)[truth.astype(int)], both)
