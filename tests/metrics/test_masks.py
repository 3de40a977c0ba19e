from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_mlebench.metrics.iou_precision import iou_precision
from pytest_mlebench.metrics.masks import Masks, overlaps

PIXELS = 12
IMAGES = st.integers(0, 6).flatmap(
    lambda n: st.tuples(*(arrays(bool, (n, PIXELS), elements=st.booleans()) for _ in range(2)))
)


def masks_of(painted):
    """Masks from a table of pixels; every pixel is a run of its own, to have many of them touch."""
    image, start = np.nonzero(painted)
    return Masks(image=image, start=start, end=start + 1, pixels=np.full(len(painted), PIXELS))


@given(IMAGES)
def test_areas_and_overlaps_are_those_of_painted_masks(painted):
    a, b = map(masks_of, painted)
    assert a.areas.tolist() == painted[0].sum(axis=1).tolist()
    assert overlaps(a, b).tolist() == (painted[0] & painted[1]).sum(axis=1).tolist()
    assert overlaps(b, a).tolist() == overlaps(a, b).tolist()
    assert overlaps(a, a).tolist() == a.areas.tolist()


def test_masks_of_other_images_are_our_own_error():
    with pytest.raises(ValueError, match="images of the same sizes"):
        overlaps(masks_of(np.zeros((2, PIXELS), bool)), masks_of(np.zeros((3, PIXELS), bool)))


@pytest.mark.parametrize(
    ("iou", "score"),
    [(0.0, 0), (0.5, 0), (0.5001, 0.1), (0.55, 0.1), (0.6, 0.2), (0.7, 0.4), (0.8, 0.6), (0.95, 0.9), (1.0, 1)],
)
def test_precision_is_the_share_of_thresholds_that_are_exceeded(iou, score):
    assert iou_precision(iou) == score


@given(st.lists(st.floats(0, 1), min_size=1))
def test_precision_rises_with_the_iou_and_stays_within_bounds(values):
    got = iou_precision(sorted(values))
    assert got.shape == (len(values),)
    assert (np.diff(got) >= 0).all()
    assert ((got >= 0) & (got <= 1)).all()
