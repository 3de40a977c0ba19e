from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_mlebench.metrics.boxes import box_iou, greedy_matches

BOXES = st.integers(1, 8).flatmap(
    lambda n: st.tuples(*(arrays(np.int64, (n, 4), elements=st.integers(0, 9)) for _ in range(2)))
)


def painted(box):
    image = np.zeros((10, 10), bool)
    image[box[1] : box[3], box[0] : box[2]] = True
    return image


@given(BOXES)
def test_the_overlap_is_that_of_painted_boxes(boxes):
    a, b = (np.column_stack([np.minimum(x[:, :2], x[:, 2:]), np.maximum(x[:, :2], x[:, 2:])]) for x in boxes)
    got = box_iou(a.astype(float), b.astype(float))
    for iou, one, other in zip(got, map(painted, a), map(painted, b), strict=True):
        assert iou == pytest.approx((one & other).sum() / max((one | other).sum(), 1))
    assert got.tolist() == box_iou(b.astype(float), a.astype(float)).tolist()


@pytest.mark.parametrize(
    "box",
    [
        [np.nan, 0, 5, 5],
        [0, 0, np.inf, 5],
        [-np.inf, 0, np.inf, 0],
        [5, 0, 0, 5],
        [5, 5, 0, 0],
        [9, 0, 12, 9],
        [2, 2, 2, 4],
    ],
)
def test_odd_boxes_overlap_nothing(box):
    assert box_iou(np.array([box], float), np.array([[0.0, 0, 9, 9]])) == 0


PAIRS = st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 5)), st.sampled_from([0.5, 0.6, 0.7]))


@given(PAIRS, st.randoms())
def test_each_prediction_in_turn_takes_the_free_object_it_overlaps_most(pairs, random):
    expected = {}
    for rank in range(6):
        free = [(-iou, number) for (p, number), iou in pairs.items() if p == rank and number not in expected.values()]
        if free:
            expected[rank] = min(free)[1]
    items = list(pairs.items())
    random.shuffle(items)
    ranks, numbers = np.array([pair for pair, _ in items], int).reshape(-1, 2).T
    places = greedy_matches(ranks, numbers, np.array([iou for _, iou in items], float))
    assert {int(ranks[n]): int(numbers[n]) for n in places} == expected
