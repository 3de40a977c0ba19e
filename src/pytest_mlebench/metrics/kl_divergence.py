"""Kullback-Leibler divergence of predicted from true shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["kl_divergence"]


def kl_divergence(truth: NDArray[np.float64], prediction: NDArray[np.float64]) -> float:
    """Mean over rows of ``sum_j truth_j ln(truth_j / prediction_j)``; 0 is best where the rows of both sum to 1.

    Both have the shape (rows, classes), rows > 0, with values in [0, 1]. A class of share 0 costs nothing, and so does
    one whose prediction is not a number; a prediction of 0 for another is infinitely bad. Raises ValueError where the
    shapes differ.
    """
    if truth.shape != prediction.shape or not truth.size:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    counted = (truth > 0) & ~np.isnan(prediction)
    shares, given = truth[counted], prediction[counted]
    with np.errstate(divide="ignore"):
        # Not the quotient, which overflows to infinity for the tiniest predictions.
        return float((shares * (np.log(shares) - np.log(given))).sum() / len(truth))
