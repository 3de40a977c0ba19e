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
    """One mask for each of `count` images of `pixels` pixels, as runs sorted by image and start, without overlap."""

    image: NDArray[np.int64]
    """For each run the image it belongs to, from 0, shape (runs,)."""
    start: NDArray[np.int64]
    """For each run its first pixel, from 0; a run at `pixels` or of length 0 is empty."""
    end: NDArray[np.int64]
    """For each run the pixel after its last."""
    count: int
    pixels: int

    @cached_property
    def areas(self) -> NDArray[np.int64]:
        """Pixels set in each mask, shape (count,)."""
        return _sums(self.end - self.start, self.image, self.count)


def overlaps(a: Masks, b: Masks) -> NDArray[np.int64]:
    """Pixels set both in a mask of `a` and in that of `b` for the same image, shape (count,).

    Raises ValueError unless both are of the same images.
    """
    if (a.count, a.pixels) != (b.count, b.pixels):
        raise ValueError(f"{a.count} images of {a.pixels} pixels, but {b.count} of {b.pixels}")
    # All images laid end to end: what a run shares with `a` is what `a` covers up to its end, less up to its start.
    starts, ends = a.start + a.image * a.pixels, a.end + a.image * a.pixels
    covered = np.append(0, np.cumsum(ends - starts))

    def covered_before(position: NDArray[np.int64]) -> NDArray[np.int64]:
        run = np.searchsorted(starts, position, side="right")
        beyond = np.maximum(ends[run - 1] - position, 0) if len(ends) else 0
        return np.where(run > 0, covered[run] - beyond, 0)

    offset = b.image * b.pixels
    return _sums(covered_before(b.end + offset) - covered_before(b.start + offset), b.image, b.count)


def _sums(values: NDArray[np.int64], group: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    return np.bincount(group, weights=values, minlength=count).astype(np.int64)
