"""Root of the mean squared error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rmse"]


def rmse(truth: NDArray[np.number], prediction: NDArray[np.float64]) -> float:
    """``sqrt(mean((prediction - truth) ** 2))``, in the unit of `truth`; 0 is best.

    Both have the same shape; ValueError is raised where they have not.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    return float(np.sqrt(np.mean(np.square(prediction - truth))))
