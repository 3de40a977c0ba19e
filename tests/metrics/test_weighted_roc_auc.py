from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import auc, roc_auc_score, roc_curve

from pytest_mlebench.metrics.weighted_roc_auc import weighted_roc_auc

LEVELS, WEIGHTS = [0.0, 0.4, 1.0], [2.0, 1.0]
SCORES = st.integers(-5, 5).map(float) | st.floats(-1e6, 1e6)
PAIRS = st.lists(st.tuples(st.booleans(), SCORES), min_size=2, max_size=40)


def with_scikit_learn(truth, scores):
    """The score from scikit-learn's curve, with plain areas of its parts."""
    x, y, _ = roc_curve(truth, scores)
    total = 0.0
    for low, high, weight in ((0.0, 0.4, 2), (0.4, 1.0, 1)):
        # The crossings of the band's edges, the curve between them, and the way to the right at full height.
        points = [(a, b) for a, b in zip(x, y, strict=True) if low <= b <= high]
        for a, b, c, d in zip(x, y, x[1:], y[1:], strict=False):
            points += [(a + (edge - b) / (d - b) * (c - a), edge) for edge in (low, high) if b < edge < d]
        points = [*sorted(points), (1.0, high)]
        total += weight * auc([a for a, _ in points], [b - low for _, b in points])
    return total / 1.4


@given(PAIRS, st.randoms())
def test_it_is_the_weighted_area_of_scikit_learns_curve_in_any_order(pairs, random):
    truth, scores = (np.array(column) for column in zip(*pairs, strict=True))
    assume(truth.any() and not truth.all())
    got = weighted_roc_auc(truth, scores, LEVELS, WEIGHTS)
    assert got == pytest.approx(with_scikit_learn(truth, scores), abs=1e-9)
    assert 0 <= got <= 1 + 1e-12
    random.shuffle(pairs)
    truth, scores = (np.array(column) for column in zip(*pairs, strict=True))
    assert weighted_roc_auc(truth, scores, LEVELS, WEIGHTS) == got


@given(PAIRS)
def test_equal_weights_that_do_not_divide_give_the_plain_area(pairs):
    truth, scores = (np.array(column) for column in zip(*pairs, strict=True))
    assume(truth.any() and not truth.all())
    assert weighted_roc_auc(truth, scores, [0, 1], [7]) == pytest.approx(roc_auc_score(truth, scores), abs=1e-9)


def test_perfect_reversed_and_constant_scores():
    truth = np.array([0, 1, 1, 0, 0])
    assert weighted_roc_auc(truth, truth * 2.5 - 1, LEVELS, WEIGHTS) == pytest.approx(1, abs=1e-12)
    assert weighted_roc_auc(truth, -truth.astype(float), LEVELS, WEIGHTS) == 0
    assert weighted_roc_auc(truth, np.zeros(5), LEVELS, WEIGHTS) == pytest.approx(0.82 / 1.4, abs=1e-12)


def test_programming_errors_are_named():
    for truth in ([0, 0], [1, 1], [0, 2], [0, 1, 1]):
        with pytest.raises(ValueError, match="truth must hold"):
            weighted_roc_auc(np.array(truth), np.zeros(2), LEVELS, WEIGHTS)
    for levels in ([0, 0.5], [0.1, 0.5, 1], [0, 0.6, 0.5, 1]):
        with pytest.raises(ValueError, match="must rise"):
            weighted_roc_auc(np.array([0, 1]), np.zeros(2), levels, [1] * (len(levels) - 1))
    with pytest.raises(ValueError, match="must rise"):
        weighted_roc_auc(np.array([0, 1]), np.zeros(2), LEVELS, [1])
