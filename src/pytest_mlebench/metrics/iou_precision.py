"""Precision averaged over thresholds of intersection over union, for images with one object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["iou_precision"]


def iou_precision(iou: ArrayLike) -> NDArray[np.float64]:
    """For each intersection over union, in [0, 1], the share of the thresholds 0.5, 0.55, ..., 0.95 that it exceeds.

    With one object in an image, precision at a threshold is 1 where the IoU is above it and 0 elsewhere. The
    thresholds are those of ``numpy.arange(0.5, 1, 0.05)`` to the last bit. The shape is that of `iou`.
    """
    above = np.asarray(iou, dtype=np.float64)[..., None] > np.arange(0.5, 1.0, 0.05)
    return np.asarray(above.mean(axis=-1))
