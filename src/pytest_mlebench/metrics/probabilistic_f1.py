"""F1 of probabilities instead of decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["probabilistic_f1"]


def probabilistic_f1(truth: NDArray[np.number | np.bool_], prediction: NDArray[np.float64]) -> float:
    """``2 P R / (P + R)`` with the predicted probabilities as fractions of a positive; 1 is best, 0 worst.

    ``P = sum of p where positive / sum of p`` and ``R = sum of p where positive / number of positives`` (Yacouby and
    Axman 2020). `truth` holds 0 and 1, at least one 1, `prediction` numbers in [0, 1], each of shape (rows,). No
    probability for any positive scores 0. Raises ValueError where the shapes differ or nothing is positive.
    """
    positive = np.asarray(truth, dtype=bool)
    if truth.shape != prediction.shape or not positive.any():
        raise ValueError("truth must hold a 1, and be as long as the predictions")
    hits = prediction[positive].sum()
    return float(2 * hits / (prediction.sum() + positive.sum()))
