"""ROC AUC overall and around identities, which shows unintended bias of a classifier."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_mlebench.metrics.roc_auc import roc_auc

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["bias_auc", "power_mean"]


def bias_auc(
    truth: NDArray[np.bool_],
    identities: NDArray[np.bool_],
    score: NDArray[np.number | np.bool_],
    power: float = -5,
) -> float:
    """A quarter each of the overall ROC AUC and of three power means of ROC AUCs over identities; 1 is best.

    `truth`, shape (rows,), says which rows are positive; `identities`, shape (rows, identities), which identities a
    row mentions; `score`, shape (rows,), holds finite numbers. The three areas of an identity (Borkan et al. 2019)
    are taken over the rows with it; over negatives with it and positives without (BPSN); and over positives with it
    and negatives without (BNSP). Raises ValueError where shapes differ, there is no identity, or a set of rows does
    not hold both classes.
    """
    if identities.ndim != 2 or len(identities) != len(truth) or not identities.shape[1]:
        raise ValueError(f"identities have shape {identities.shape} for {len(truth)} rows")
    numbers = score.astype(np.float64)
    areas = []
    for mentioned in identities.T:
        subsets = (mentioned, mentioned != truth, mentioned == truth)
        areas.append([roc_auc(truth[rows], numbers[rows]) for rows in subsets])
    means = [power_mean(np.array(kind), power) for kind in zip(*areas, strict=True)]
    return float(np.mean([roc_auc(truth, numbers), *means]))


def power_mean(values: NDArray[np.float64], power: float) -> float:
    """``mean(values ** power) ** (1 / power)`` of numbers from 0 on; for a negative power, 0 if one of them is 0."""
    with np.errstate(divide="ignore"):
        return float(np.power(np.mean(np.power(values, power)), 1 / power))
