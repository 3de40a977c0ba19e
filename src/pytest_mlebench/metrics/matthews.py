"""Matthews correlation coefficient: correlation of predicted and true classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["matthews"]


def matthews(truth: NDArray[np.number | np.bool_], prediction: NDArray[np.number | np.bool_]) -> float:
    """1 is best, 0 is chance, -1 is worst; both hold one class a row, shape (rows,), rows > 0.

    With more than two classes the generalisation R_K (Gorodkin 2004), over the classes of both. 0 where one side holds
    a single class. The same number as scikit-learn's ``matthews_corrcoef``. Raises ValueError where the shapes differ.
    """
    if truth.shape != prediction.shape or not truth.size:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    classes, code = np.unique(np.concatenate([truth, prediction]), return_inverse=True)
    true, predicted = code[: len(truth)], code[len(truth) :]
    # As decimal numbers: the products of counts of millions of rows leave the range of int64 when multiplied.
    rows = float(len(truth))
    t, p = (np.bincount(side, minlength=len(classes)).astype(np.float64) for side in (true, predicted))
    root = np.sqrt((rows**2 - t @ t) * (rows**2 - p @ p))
    return float((np.count_nonzero(true == predicted) * rows - t @ p) / root) if root else 0.0
