"""Pearson's correlation coefficient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["pearson"]


def pearson(first: NDArray[np.number], second: NDArray[np.number]) -> float:
    """Covariance over the product of the standard deviations, from -1 to 1. Both have the shape (rows,), rows > 1.

    Not a number where a column is constant or holds a cell that is not finite. The same number as scipy's pearsonr.
    Raises ValueError where the shapes differ.
    """
    if first.shape != second.shape or first.ndim != 1 or len(first) < 2:
        raise ValueError(f"the columns have shapes {first.shape} and {second.shape}")
    return float(np.clip(_direction(first) @ _direction(second), -1, 1))


def _direction(column: NDArray[np.number]) -> NDArray[np.float64]:
    """The column less its mean, as a vector of length 1."""
    values = column.astype(np.float64)
    if (values == values[0]).all() or not np.isfinite(values).all():
        return np.full(len(values), np.nan)
    centred = values - values.mean()
    # Scaled first, so that squares of huge or tiny numbers are numbers still.
    centred /= np.abs(centred).max()
    unit: NDArray[np.float64] = centred / np.sqrt(centred @ centred)
    return unit
