"""Binary volumes, stacked from masks of slices: as runs of voxels, so that large ones take little memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pytest_mlebench.metrics.masks import Masks

__all__ = ["Volume", "stacked"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Volume:
    """Voxels set in a stack of slices, as sorted runs which neither overlap nor touch."""

    shape: tuple[int, int, int]
    """Slices, height, width."""
    start: NDArray[np.int64]
    """For each run its first voxel; voxels are numbered from 0 slice by slice, within a slice down the columns."""
    end: NDArray[np.int64]
    """For each run the voxel after its last."""

    @property
    def count(self) -> int:
        """How many voxels are set."""
        return int((self.end - self.start).sum())

    def equals(self, other: Volume) -> bool:
        """Whether both have the same shape and the same voxels set."""
        same = self.shape == other.shape and np.array_equal(self.start, other.start)
        return same and np.array_equal(self.end, other.end)

    def points(self) -> NDArray[np.int64]:
        """Slice, row and column of each voxel that is set, shape (count, 3)."""
        lengths = self.end - self.start
        before = np.cumsum(lengths) - lengths
        voxel = np.arange(self.count) + np.repeat(self.start - before, lengths)
        depth, pixel = np.divmod(voxel, self.shape[1] * self.shape[2])
        column, row = np.divmod(pixel, self.shape[1])
        return np.stack([depth, row, column], axis=1)


def stacked(
    masks: Masks, volume: NDArray[np.integer], depth: NDArray[np.integer], sizes: Sequence[tuple[int, int]]
) -> list[Volume]:
    """One volume for each pair of height and width in `sizes`, of masks whose pixels are numbered down the columns.

    Mask i is slice ``depth[i]`` of volume ``volume[i]``, both counted from 0; a slice of several masks has the pixels
    of all. Raises ValueError where a mask has another number of pixels than its volume's slices.
    """
    pixels = np.array([height * width for height, width in sizes], dtype=np.int64)
    if not np.array_equal(masks.pixels, pixels[volume]):
        raise ValueError("the masks are not of the volumes' size")
    slices = np.zeros(len(sizes), dtype=np.int64)
    np.maximum.at(slices, volume, np.asarray(depth, dtype=np.int64) + 1)
    # All volumes laid end to end.
    last = np.cumsum(slices * pixels)
    first = last - slices * pixels
    offset = (first[volume] + depth * pixels[volume])[masks.image]
    order = np.argsort(masks.start + offset, kind="stable")
    start, end = (masks.start + offset)[order], np.maximum.accumulate((masks.end + offset)[order])
    owner = np.asarray(volume)[masks.image][order]
    some = end > start
    start, end, owner = start[some], end[some], owner[some]
    # A run that begins beyond all before it, or in another volume, is a new one.
    new = np.append(True, (start[1:] > end[:-1]) | (owner[1:] != owner[:-1]))[: len(start)]
    ends = np.append(new[1:], True)[: len(start)]
    start, end, owner = start[new], end[ends], owner[new]
    limits = np.searchsorted(owner, np.arange(len(sizes) + 1))
    return [
        Volume(shape=(int(slices[n]), *sizes[n]), start=start[a:b] - first[n], end=end[a:b] - first[n])
        for n, (a, b) in enumerate(pairwise(limits))
    ]
