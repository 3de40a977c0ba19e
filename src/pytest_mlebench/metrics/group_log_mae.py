"""Mean over groups of the logarithm of their mean absolute error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["group_log_mae"]


def group_log_mae(truth: NDArray[np.number], prediction: NDArray[np.float64], group: NDArray[Any]) -> float:
    """``mean over groups of ln(mean(|prediction - truth|))``; lower is better, without bound.

    All have the shape (rows,), rows > 0; `group` holds a label for each row. An error that is a per cent smaller is
    worth the same in every group. Minus infinity where a group has no error at all. Raises ValueError where the
    shapes differ.
    """
    if not truth.shape == prediction.shape == group.shape or not truth.size:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}, group {group.shape}")
    code, _ = pd.factorize(group)
    errors = np.bincount(code, weights=np.abs(prediction - truth)) / np.bincount(code)
    with np.errstate(divide="ignore"):
        return float(np.mean(np.log(errors)))
