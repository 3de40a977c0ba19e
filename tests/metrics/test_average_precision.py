from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import average_precision_score

from pytest_mlebench.metrics.average_precision import average_precision, envelope_precision, interpolated_precision

ROWS = st.lists(st.tuples(st.booleans(), st.integers(-3, 3) | st.floats(-1, 1)), min_size=1, max_size=30)
HITS = st.lists(st.booleans(), max_size=30)
SPARE = st.integers(0, 5)


@given(ROWS, st.randoms())
def test_average_precision_is_that_of_scikit_learn_in_any_order(rows, random):
    rows = [*rows, (True, 0.5)]
    truth, scores = np.array([t for t, _ in rows]), np.array([s for _, s in rows], dtype=float)
    got = average_precision(truth, scores)
    assert got == pytest.approx(average_precision_score(truth, scores), abs=1e-12)
    assert 0 < got <= 1
    random.shuffle(rows)
    again = average_precision(np.array([t for t, _ in rows]), np.array([s for _, s in rows], dtype=float))
    assert again == pytest.approx(got, abs=1e-12)


def best_precision(hits, positives, recall):
    """The best precision at this or a higher recall, or 0."""
    found = [sum(hits[: n + 1]) for n in range(len(hits))]
    reached = [f / (n + 1) for n, f in enumerate(found) if f / positives >= recall]
    return max(reached, default=0)


@given(HITS, SPARE)
def test_interpolated_precision_is_the_mean_of_the_best_precision(hits, spare):
    positives = max(sum(hits) + spare, 1)
    for points in (11, 101):
        slow = np.mean([best_precision(hits, positives, recall) for recall in np.linspace(0, 1, points)])
        assert interpolated_precision(np.array(hits, dtype=bool), positives, points) == pytest.approx(slow, abs=1e-12)


@given(st.lists(st.tuples(HITS, SPARE), min_size=1, max_size=4), st.randoms())
def test_envelope_precision_is_the_mean_of_the_best_precision_in_each_group(groups, random):
    positives = np.array([max(sum(hits) + spare, 1) for hits, spare in groups])
    # Groups may be mixed, as long as the detections of each are in order.
    owner = [n for n, (hits, _) in enumerate(groups) for _ in hits]
    random.shuffle(owner)
    left = [iter(hits) for hits, _ in groups]
    mixed = np.array([next(left[n]) for n in owner], dtype=bool)
    got = envelope_precision(mixed, np.array(owner, dtype=int), positives)
    slow = [
        np.mean([best_precision(hits, each, n / each) for n in range(1, each + 1)])
        for (hits, _), each in zip(groups, positives, strict=True)
    ]
    assert got == pytest.approx(slow, abs=1e-12)


def envelope_of_one_group(hits, positives):
    return envelope_precision(hits, np.zeros(len(hits), int), np.array([positives]))[0]


@pytest.mark.parametrize("metric", [interpolated_precision, envelope_of_one_group])
def test_bounds(metric):
    assert metric(np.ones(7, bool), 7) == pytest.approx(1, abs=1e-12)
    assert metric(np.zeros(7, bool), 7) == metric(np.zeros(0, bool), 7) == 0
    assert metric(np.array([True, False]), 1) > metric(np.array([False, True]), 1)


@pytest.mark.parametrize(
    ("metric", "hits", "positives"),
    [
        (interpolated_precision, [False], 0),
        (interpolated_precision, [1, 0], 2),
        (interpolated_precision, [[True]], 1),
        (envelope_of_one_group, [False], 0),
        (envelope_of_one_group, [1, 0], 2),
        (envelope_of_one_group, [True, True], 1),
    ],
)
def test_hits_that_cannot_be_are_our_own_error(metric, hits, positives):
    with pytest.raises(ValueError, match="hits"):
        metric(np.array(hits), positives)


def test_objects_found_repeatedly_count_for_precision():
    assert interpolated_precision(np.array([False, True, True, True]), 1) == pytest.approx(0.75)


def test_a_group_without_objects_is_our_own_error():
    with pytest.raises(ValueError, match="groups"):
        envelope_precision(np.array([True]), np.array([1]), np.array([1]))


@pytest.mark.parametrize(("truth", "scores"), [([0, 0], [0.1, 0.2]), ([1, 0], [0.1])])
def test_nothing_positive_or_another_length_is_our_own_error(truth, scores):
    with pytest.raises(ValueError, match="truth must hold a 1"):
        average_precision(np.array(truth), np.array(scores))
