"""F-beta and Dice from counts: how much of what is predicted and of what is true is common to both."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["dice", "f_beta"]


def f_beta(common: ArrayLike, truth: ArrayLike, prediction: ArrayLike, beta: float) -> NDArray[np.float64]:
    """``(1 + b^2) * common / (b^2 * truth + prediction)``, b being `beta`; 1 is best, 0 worst.

    The counts are of what is true and predicted, of what is true, and of what is predicted; shapes as they broadcast.
    The same number as scikit-learn's ``fbeta_score`` of the decisions counted, but not-a-number where nothing is true
    nor predicted. Raises ValueError where more is common than true or predicted.
    """
    both, true, predicted = (np.asarray(counts, dtype=np.float64) for counts in (common, truth, prediction))
    if (both < 0).any() or (both > np.minimum(true, predicted)).any():
        raise ValueError("more is common than there is")
    with np.errstate(invalid="ignore"):
        return np.asarray((1 + beta**2) * both / (beta**2 * true + predicted))


def dice(common: ArrayLike, truth: ArrayLike, prediction: ArrayLike) -> NDArray[np.float64]:
    """`f_beta` for a beta of 1, which is F1 and the Dice coefficient ``2 * common / (truth + prediction)``."""
    return f_beta(common, truth, prediction, 1)
