from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_mlebench.metrics.masks import Masks
from pytest_mlebench.metrics.volumes import stacked

SIZES = [(3, 2), (1, 4), (2, 2)]
SLICES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.randoms(use_true_random=False)), max_size=8)


def masks_of(images, sizes):
    """Masks of painted images, a run for every pixel, numbered down the columns."""
    found = [np.flatnonzero(image.T.ravel()) for image in images]
    image = np.repeat(np.arange(len(images)), [len(pixels) for pixels in found])
    start = np.concatenate([np.zeros(0, np.int64), *found])
    return Masks(image=image, start=start, end=start + 1, pixels=np.array([h * w for h, w in sizes], dtype=np.int64))


@given(SLICES)
def test_volumes_are_those_of_painted_slices(slices):
    volume, depth = np.array([0, 1, 2, *(v for v, _, _ in slices)]), np.array([0, 0, 0, *(d for _, d, _ in slices)])
    sizes = [SIZES[v] for v in volume]
    images = [np.zeros(SIZES[v], bool) for v in range(3)]
    images += [
        np.array([[r.random() < 0.6 for _ in range(SIZES[v][1])] for _ in range(SIZES[v][0])]) for v, _, r in slices
    ]
    got = stacked(masks_of(images, sizes), volume, depth, SIZES)
    for n, each in enumerate(got):
        painted = np.zeros((depth[volume == n].max() + 1, *SIZES[n]), bool)
        for image, v, d in zip(images, volume, depth, strict=True):
            if v == n:
                painted[d] |= image
        assert each.shape == painted.shape
        assert each.count == painted.sum()
        assert sorted(map(tuple, each.points().tolist())) == list(map(tuple, np.argwhere(painted).tolist()))
        assert (each.start[1:] > each.end[:-1]).all()
        assert each.equals(each)
        assert not each.equals(got[n - 1])


@given(arrays(bool, (3, 2, 2)), arrays(bool, (3, 2, 2)))
def test_volumes_are_equal_if_their_voxels_are(a, b):
    def volume(painted):
        return stacked(masks_of(list(painted), [(2, 2)] * 3), np.zeros(3, int), np.arange(3), [(2, 2)])[0]

    assert volume(a).equals(volume(b)) == np.array_equal(a, b)


def test_no_masks_and_masks_of_other_sizes():
    nothing = masks_of([], [])
    assert stacked(nothing, np.zeros(0, int), np.zeros(0, int), []) == []
    with pytest.raises(ValueError, match="size"):
        stacked(masks_of([np.ones((2, 2), bool)], [(2, 2)]), np.zeros(1, int), np.zeros(1, int), [(2, 3)])
