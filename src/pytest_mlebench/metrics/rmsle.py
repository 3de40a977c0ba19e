"""Root of the mean squared logarithmic error."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_mlebench.metrics.rmse import rmse

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["rmsle"]


def rmsle(truth: NDArray[np.number], prediction: NDArray[np.float64]) -> float:
    """``sqrt(mean((ln(1 + prediction) - ln(1 + truth)) ** 2))``; 0 is best.

    Both hold numbers of at least 0 and have the same shape; ValueError is raised where they do not.
    """
    if (truth < 0).any() or (prediction < 0).any():
        raise ValueError("there are negative values")
    return rmse(np.log1p(truth), np.log1p(prediction))
