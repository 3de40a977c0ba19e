"""Cohen's kappa with quadratic weights: agreement of ordered grades beyond chance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["quadratic_kappa"]


def quadratic_kappa(truth: NDArray[np.integer], prediction: NDArray[np.integer]) -> float:
    """``1 - sum(w * observed) / sum(w * expected)``; 1 is best, 0 is chance. Both have the shape (rows,), rows > 0.

    The weight of a pair of grades is the squared difference of their places among the grades that occur, not of the
    grades, as in scikit-learn's ``cohen_kappa_score(weights="quadratic")`` (Cohen 1968). Not a number where only one
    grade occurs. Raises ValueError where the shapes differ.
    """
    if truth.shape != prediction.shape or not truth.size:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    grades, place = np.unique(np.concatenate([truth, prediction]), return_inverse=True)
    if len(grades) == 1:
        return float("nan")
    true, predicted = place[: len(truth)].astype(np.float64), place[len(truth) :].astype(np.float64)
    observed = np.mean(np.square(true - predicted))
    # The mean squared distance of two independent draws: variances and the squared distance of the means.
    expected = np.var(true) + np.var(predicted) + (true.mean() - predicted.mean()) ** 2
    return float(1 - observed / expected)
