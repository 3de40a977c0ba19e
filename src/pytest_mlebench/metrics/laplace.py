"""Laplace log likelihood of predictions that come with a confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["laplace_log_likelihood"]


def laplace_log_likelihood(
    truth: NDArray[np.number],
    prediction: NDArray[np.number],
    confidence: NDArray[np.number],
    *,
    least_confidence: float,
    most_error: float,
) -> float:
    """Mean over rows of ``-sqrt(2) * error / s - ln(sqrt(2) * s)``; higher is better, all have the shape (rows,).

    The error is ``|truth - prediction|``, cut at `most_error`; s is `confidence`, a standard deviation, raised to
    `least_confidence` at least. Not a number where there is no row or a prediction is missing. Raises ValueError
    where the shapes differ.
    """
    if not truth.shape == prediction.shape == confidence.shape:
        raise ValueError(f"shapes differ: {truth.shape}, {prediction.shape}, {confidence.shape}")
    if not truth.size:
        return float("nan")
    error = np.minimum(np.abs(truth - prediction), most_error)
    spread = np.maximum(confidence, least_confidence)
    return float(np.mean(-np.sqrt(2) * error / spread - np.log(np.sqrt(2) * spread)))
