"""Average precision: the area under the curve of precision over recall, in the three ways that are in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["average_precision", "envelope_precision", "interpolated_precision"]


def average_precision(truth: NDArray[np.number | np.bool_], scores: NDArray[np.floating]) -> float:
    """``sum of (R_k - R_{k-1}) * P_k`` over the different scores as thresholds, falling; 1 is best.

    `truth` holds 0 and 1, at least one 1, `scores` finite numbers, each of shape (rows,). The same number as
    scikit-learn's ``average_precision_score``. Raises ValueError where the shapes differ or nothing is positive.
    """
    positive = np.asarray(truth, dtype=bool)
    if positive.shape != scores.shape or not positive.any():
        raise ValueError("truth must hold a 1, and be as long as the scores")
    order = np.argsort(-scores, kind="stable")
    # Rows of equal score are one step: the last of them counts.
    last = np.append(np.diff(scores[order]) != 0, True)
    hits, seen = np.cumsum(positive[order])[last], np.arange(1, len(order) + 1)[last]
    return float(np.sum(np.diff(hits, prepend=0) * hits / seen) / hits[-1])


def interpolated_precision(hits: NDArray[np.bool_], positives: int, points: int = 101) -> float:
    """The mean over equally spaced recalls 0, ..., 1 of the best precision at this or a higher recall.

    `hits` tells of each detection, by falling confidence, whether it is right, shape (detections,); `positives` is the
    number of objects to find. Recalls that are not reached count as 0; where objects are found repeatedly, recall goes
    beyond 1. This is the average precision of COCO, as pycocotools computes it: https://cocodataset.org/#detection-eval.
    Raises ValueError where there is nothing to find.
    """
    if hits.dtype != bool or hits.ndim != 1 or positives < 1:
        raise ValueError(f"{len(hits)} hits, of type {hits.dtype}, where {positives} can be found")
    found = np.cumsum(hits)
    precision = found / (np.arange(1, len(hits) + 1) + np.spacing(1))
    best = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(found / positives, np.linspace(0, 1, points), side="left")
    return float(np.append(best, 0.0)[place].mean())


def envelope_precision(
    hits: NDArray[np.bool_], group: NDArray[np.integer], positives: NDArray[np.integer]
) -> NDArray[np.float64]:
    """For each group of detections the area under the best precision at each or a higher recall, shape (groups,).

    `hits` tells of each detection whether it is right, those of a group by falling confidence, and `group` its group,
    counted from 0, each of shape (detections,); `positives` is the number of objects to find in each group. This is the
    average precision of PASCAL VOC since 2010: http://host.robots.ox.ac.uk/pascal/VOC/voc2010/. Raises ValueError where
    a group has nothing to find, or more is found than there is.
    """
    counts = np.bincount(group, minlength=len(positives))
    found = np.bincount(group[hits], minlength=len(positives))
    if hits.dtype != bool or len(found) > len(positives) or (positives < np.maximum(found, 1)).any():
        raise ValueError(f"{len(hits)} hits, of type {hits.dtype}, in {len(found)} groups, where fewer can be found")
    order = np.argsort(group, kind="stable")
    owner, hit = group[order], hits[order]
    rank = np.arange(1, len(order) + 1) - np.repeat(np.cumsum(counts) - counts, counts)
    right: NDArray[np.int64] = np.cumsum(hit) - np.repeat(np.cumsum(found) - found, counts)
    # Recall rises at hits only, each time by the same amount; the best of a group's end is found from the right.
    precision = pd.Series((right / rank)[::-1])
    best = precision.groupby(owner[::-1]).cummax().to_numpy()[::-1]
    return np.bincount(owner, weights=best * hit, minlength=len(positives)) / positives
