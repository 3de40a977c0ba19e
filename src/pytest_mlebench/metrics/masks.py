"""Binary masks as sorted runs of pixels: areas and overlaps without painting an image."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Masks", "overlaps"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Masks:
    """One mask for each of `count` images, as runs sorted by image and start, without overlap."""

    image: NDArray[np.int64]
    """For each run the image it belongs to, from 0, shape (runs,)."""
    start: NDArray[np.int64]
    """For each run its first pixel, from 0; a run of length 0 is empty."""
    end: NDArray[np.int64]
    """For each run the pixel after its last."""
    pixels: NDArray[np.int64]
    """How many pixels each image has, shape (count,)."""

    @property
    def count(self) -> int:
        """How many images there are."""
        return len(self.pixels)

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels set in each mask, shape (count,)."""
        return _sums(self.end - self.start, self.image, self.count)


def overlaps(a: Masks, b: Masks) -> NDArray[np.int64]:
    """Pixels set both in a mask of `a` and in that of `b` for the same image, shape (count,).

    Raises ValueError unless both are of the same images.
    """
    if not np.array_equal(a.pixels, b.pixels):
        raise ValueError("the masks are not of images of the same sizes")
    # All images laid end to end: what a run shares with `a` is what `a` covers up to its end, less up to its start.
    first = np.append(0, np.cumsum(a.pixels))
    starts, ends = a.start + first[a.image], a.end + first[a.image]
    covered = np.append(0, np.cumsum(ends - starts))

    def covered_before(position: NDArray[np.int64]) -> NDArray[np.int64]:
        run = np.searchsorted(starts, position, side="right")
        beyond = np.maximum(ends[run - 1] - position, 0) if len(ends) else 0
        return np.where(run > 0, covered[run] - beyond, 0)

    offset = first[b.image]
    return _sums(covered_before(b.end + offset) - covered_before(b.start + offset), b.image, b.count)


def _sums(values: NDArray[np.int64], group: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.bincount(group, weights=values, minlength=count).astype(np.int64)
