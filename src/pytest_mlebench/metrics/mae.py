"""Mean absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mae"]


def mae(truth: NDArray[np.number], prediction: NDArray[np.float64]) -> float:
    """``mean(|prediction - truth|)``, in the unit of `truth`; 0 is best. Both have the same shape, else ValueError."""
    if truth.shape != prediction.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    return float(np.mean(np.abs(prediction - truth)))
