from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("shapely")

from pytest_mlebench.metrics.boxes_3d import box_iou_3d, ground_corners

PLACE, SIZE, ANGLE = st.floats(-3, 3), st.floats(0.5, 4), st.floats(-7, 7)
BOX = st.tuples(PLACE, PLACE, PLACE, SIZE, SIZE, SIZE, ANGLE)
PAIRS = st.lists(st.tuples(BOX, BOX), max_size=5)


@given(PAIRS)
def test_overlaps_are_within_bounds_and_the_same_both_ways(pairs):
    a, b = np.array(pairs, float).reshape(-1, 2, 7).transpose(1, 0, 2)
    got = box_iou_3d(a, b)
    assert got.shape == (len(pairs),)
    assert ((got >= 0) & (got <= 1)).all()
    assert box_iou_3d(b, a) == pytest.approx(got, abs=1e-9)
    assert box_iou_3d(a, a) == pytest.approx(1, abs=1e-9)
    assert box_iou_3d(a, a + [0, 0, 0, 0, 0, 0, math.pi]) == pytest.approx(1, abs=1e-9)  # noqa: RUF005


@given(BOX, BOX)
def test_the_overlap_of_boxes_that_are_not_turned_is_a_product(a, b):
    a, b = np.array([a]), np.array([b])
    a[:, 6] = b[:, 6] = 0
    half_a, half_b = (box[:, [4, 3, 5]] / 2 for box in (a, b))
    common = np.minimum(a[:, :3] + half_a, b[:, :3] + half_b) - np.maximum(a[:, :3] - half_a, b[:, :3] - half_b)
    shared = np.maximum(common, 0).prod()
    union = a[0, 3:6].prod() + b[0, 3:6].prod() - shared
    assert box_iou_3d(a, b) == pytest.approx(shared / union, abs=1e-9)


def test_the_length_lies_along_the_heading():
    box = np.array([[10.0, 20, 0, 2, 6, 1, math.pi / 2]])
    corners = ground_corners(box)[0]
    assert sorted(map(tuple, np.round(corners, 9).tolist())) == [(9, 17), (9, 23), (11, 17), (11, 23)]
    sides = np.diff([*corners, corners[0]], axis=0)
    assert np.abs((sides * np.roll(sides, 1, axis=0)).sum(axis=1)).max() < 1e-9


@pytest.mark.parametrize("change", [{2: math.inf}, {5: math.inf}, {2: -math.inf, 5: math.inf}, {2: 9.0}, {0: 50.0}])
def test_boxes_infinitely_high_or_elsewhere_overlap_nothing(change):
    a = np.array([[0.0, 0, 0, 1, 1, 1, 0.3]])
    b = a.copy()
    for column, value in change.items():
        b[0, column] = value
    assert box_iou_3d(a, b) == 0
