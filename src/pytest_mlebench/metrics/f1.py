"""F1: the harmonic mean of precision and recall, averaged over classes or over all decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["macro_f1", "micro_f1"]


def macro_f1(truth: NDArray[np.integer], prediction: NDArray[np.integer]) -> float:
    """The plain mean of F1 over the classes that occur in `truth` or in `prediction`; 1 is best, 0 worst.

    Both hold one class a row, shape (rows,), rows > 0. A class never predicted, or predicted but never true, has F1 0.
    The same number as scikit-learn's ``f1_score(average="macro")``. Raises ValueError where the shapes differ.
    """
    if truth.shape != prediction.shape or not truth.size:
        raise ValueError(f"truth has shape {truth.shape}, prediction {prediction.shape}")
    classes, code = np.unique(np.concatenate([truth, prediction]), return_inverse=True)
    true, predicted = code[: len(truth)], code[len(truth) :]
    hits = np.bincount(true[true == predicted], minlength=len(classes))
    # 2 TP / (2 TP + FP + FN): each class occurs, so no denominator is 0.
    return float(np.mean(2 * hits / np.bincount(code)))


def micro_f1(truth: Sequence[set[Any]], prediction: Sequence[set[Any]]) -> float:
    """F1 over all pairs of row and label together, ``2 TP / (2 TP + FP + FN)``; 1 is best, 0 worst.

    Both hold the set of labels of each row. Predicted labels that are true of no row at all are not counted, as
    scikit-learn's MultiLabelBinarizer, given the classes of the truth, drops them; no hit at all scores 0.
    Raises ValueError where the lengths differ.
    """
    if len(truth) != len(prediction):
        raise ValueError(f"{len(truth)} rows of truth, {len(prediction)} of predictions")
    classes = set().union(*truth)
    hits = sum(len(right & given) for right, given in zip(truth, prediction, strict=True))
    counted = sum(len(right) for right in truth) + sum(len(given & classes) for given in prediction)
    return 2 * hits / counted if hits else 0.0
