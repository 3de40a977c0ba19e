"""Logarithmic loss of class probabilities."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["binary_log_loss", "log_loss"]


def log_loss(truth: NDArray[np.number], prediction: NDArray[np.float64]) -> float:
    """Mean over rows of ``-sum_j truth_j ln(prediction_j)``; 0 is best, one certain mistake costs its row 36.04.

    Both have the shape (rows, classes); `truth` is one-hot, `prediction` in [0, 1]. Predictions are clipped to
    ``[eps, 1 - eps]`` with the machine epsilon of float64 and rows are not rescaled, as in scikit-learn 1.5, whose
    newer versions rescale. Raises ValueError where the shapes differ.
    """
    if truth.shape != prediction.shape:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    eps = np.finfo(np.float64).eps
    return float(-(truth * np.log(np.clip(prediction, eps, 1 - eps))).sum(axis=1).mean())


def binary_log_loss(truth: NDArray[np.number], prediction: NDArray[np.float64]) -> float:
    """`log_loss` of two classes: `truth` holds 0 and 1, `prediction` the probability of 1, each of shape (rows,)."""
    return log_loss(np.stack([1 - truth, truth], axis=1), np.stack([1 - prediction, prediction], axis=1))
