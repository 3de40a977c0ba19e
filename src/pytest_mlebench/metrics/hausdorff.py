"""The Hausdorff distance: how far a point of one set can be from the other set."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["hausdorff"]

_CELLS = 32


def hausdorff(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The greatest distance from a point of `a` to the nearest of `b`, or of `b` to the nearest of `a`; 0 if equal.

    Points have shape (points, dimensions). The greater of scipy's two ``directed_hausdorff``, which takes minutes where
    this takes a second. Raises ValueError where a set has no points or they are not of the same space.
    """
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1] or not len(a) or not len(b):
        raise ValueError(f"the sets of points have shapes {a.shape} and {b.shape}")
    return max(_directed(a, b), _directed(b, a))


def _directed(points: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    from scipy.spatial import cKDTree

    tree = cKDTree(others, balanced_tree=False, compact_nodes=False)
    # One point of each cell of a grid tells, to within the cell's diagonal, how far the others of the cell may be.
    size = np.maximum(np.ptp(points, axis=0) / _CELLS, np.finfo(np.float64).tiny)
    grid = ((points - points.min(axis=0)) / size).astype(np.int64)
    number = grid @ (_CELLS + 2) ** np.arange(points.shape[1])
    _, first, cell = np.unique(number, return_index=True, return_inverse=True)
    distance, _ = tree.query(points[first])
    worth_asking = distance + np.linalg.norm(size) * (1 + 1e-6) >= distance.max()
    return float(tree.query(points[worth_asking[cell]])[0].max())
