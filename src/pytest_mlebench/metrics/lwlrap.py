"""Label-weighted label-ranking average precision, of rows with several labels each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["lwlrap"]


def lwlrap(truth: NDArray[np.number | np.bool_], score: NDArray[np.float64]) -> float:
    """The mean over all pairs of a row and a true label of the precision down to that label; 1 is best.

    That precision is the share of true labels among the row's labels with a score as high or higher, so that ties
    count against a label. `truth` holds 0 and 1, `score` finite numbers, both of shape (rows, labels); rows without
    labels do not count. The same number as scikit-learn's ``label_ranking_average_precision_score``, each row weighted
    by its number of labels. Raises ValueError where shapes differ or no row has a label.
    """
    labelled = np.asarray(truth, dtype=bool)
    if truth.shape != score.shape or not labelled.any():
        raise ValueError("truth must be as large as the scores and have a label")
    hits: list[NDArray[np.float64]] = []
    # Label by label: the comparison of all pairs at once would be labels times as large as the scores.
    for label in range(truth.shape[1]):
        rows = np.flatnonzero(labelled[:, label])
        ahead = score[rows] >= score[rows, label, None]
        hits.append((ahead & labelled[rows]).sum(axis=1) / ahead.sum(axis=1))
    return float(np.concatenate(hits).mean())
