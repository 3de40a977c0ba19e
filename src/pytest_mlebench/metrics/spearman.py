"""Rank correlation after Spearman."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["spearman"]


def spearman(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Pearson's correlation of the ranks of two columns, both of shape (rows,), rows > 0; from -1 to 1.

    Equal values share the mean of their ranks. Values are ranked within a column, as numbers or, in an array of
    objects, as whatever can be compared, such as text. Not a number where a cell is missing or a column is constant.
    The same number as scipy's spearmanr. Raises ValueError where the lengths differ, TypeError where values cannot
    be compared.
    """
    if first.shape != second.shape or first.ndim != 1 or not first.size:
        raise ValueError(f"the columns have shapes {first.shape} and {second.shape}")
    if _is_missing(first).any() or _is_missing(second).any():
        return np.nan
    a, b = _centred_ranks(first), _centred_ranks(second)
    spread = np.sqrt((a @ a) * (b @ b))
    return float(np.clip(a @ b / spread, -1, 1)) if spread else np.nan


def _is_missing(values: NDArray[Any]) -> NDArray[np.bool_]:
    missing: NDArray[np.bool_] = np.asarray(values != values, dtype=bool)
    return missing


def _centred_ranks(values: NDArray[Any]) -> NDArray[np.float64]:
    _, code, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks = (last - (count - 1) / 2)[code]
    centred: NDArray[np.float64] = ranks - (len(values) + 1) / 2
    return centred
