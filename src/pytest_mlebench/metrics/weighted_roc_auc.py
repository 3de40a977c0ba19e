"""Area under the receiver operating characteristic, whose parts by true positive rate have weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["weighted_roc_auc"]


def weighted_roc_auc(
    truth: NDArray[np.number | np.bool_],
    score: NDArray[np.float64],
    levels: Sequence[float],
    weights: Sequence[float],
) -> float:
    """The area under the curve within each band of true positive rates, weighted, over the most it can be: 1 is best.

    `truth` holds 0 and 1, both of them, and `score` finite numbers, each of shape (rows,); ties are one point of the
    curve. `levels` rise from 0 to 1, and ``weights[i]`` is that of the band from ``levels[i]`` to ``levels[i + 1]``.
    With one band it is the plain area. A band's area is the integral, over the false positive rate, of the true
    positive rate clipped to the band, less the band's lower level; between points the curve is a straight line. It is
    the measure of the task ALASKA2. Raises ValueError where shapes differ, `truth` does not hold both classes, or
    levels do not rise.
    """
    positive = np.asarray(truth, dtype=bool)
    if truth.shape != score.shape or not np.array_equal(positive, truth):
        raise ValueError("truth must hold 0 and 1, and be as long as the scores")
    if positive.all() or not positive.any():
        raise ValueError("truth must hold both classes")
    heights = np.diff(levels)
    if levels[0] != 0 or levels[-1] != 1 or len(weights) != len(heights) or (heights <= 0).any():
        raise ValueError(f"levels {levels} must rise from 0 to 1, with one weight less: {weights}")
    order = np.argsort(-score, kind="stable")
    ordered = score[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    hits = np.append(0, np.cumsum(positive[order])[last])
    alarms = np.append(0, last + 1) - hits
    x, y = alarms / alarms[-1], hits / hits[-1]
    for level in levels:
        if level not in y:
            after = int(np.argmax(y > level))
            share = (level - y[after - 1]) / (y[after] - y[after - 1])
            x = np.insert(x, after, x[after - 1] + share * (x[after] - x[after - 1]))
            y = np.insert(y, after, level)
    areas = []
    for low, high in pairwise(levels):
        inside = (y >= low) & (y <= high)
        edge, height = np.append(x[inside], 1.0), np.append(y[inside], high) - low
        areas.append(np.diff(edge) @ (height[1:] + height[:-1]) / 2)
    return float(np.dot(weights, areas) / np.dot(weights, heights))
