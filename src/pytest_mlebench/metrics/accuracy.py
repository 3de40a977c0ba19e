"""Share of right labels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from pytest_mlebench.errors import InvalidSubmissionError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["accuracy"]


def accuracy(truth: ArrayLike, prediction: ArrayLike) -> float:
    """The share of positions where `prediction` is `truth`; 1 is best. Both have the shape (rows,), rows > 0.

    What counts as a label is as in scikit-learn 1.5, whose newer versions are stricter, so give both as pandas read
    them: whole numbers, however written; True and False, which are 1 and 0; or text throughout. Refuses predictions
    with fractions, missing or infinite cells, or a mixture of types. Text never is a number, so it scores 0 against
    numbers; but it is refused where neither side has more than two different labels. Raises ValueError where the
    truth itself is not of this kind, or of another length.
    """
    right, labels = np.asarray(truth), np.asarray(prediction)
    if right.shape != labels.shape or not right.size:
        raise ValueError(f"the truth has shape {right.shape}, the prediction {labels.shape}")
    if reason := _no_labels(right):
        raise ValueError(f"the truth holds {reason}")
    if reason := _no_labels(labels):
        raise InvalidSubmissionError(f"the predictions hold {reason}: write one label in every row")
    if _is_text(right) == _is_text(labels):
        return float((right == labels).mean())
    if max(len(set(right.tolist())), len(set(labels.tolist()))) > 2:
        return 0.0
    kind, other = ("text", "numbers") if _is_text(right) else ("numbers or True and False", "text")
    raise InvalidSubmissionError(f"the predictions are read as {other} where labels are {kind}")


def _is_text(labels: NDArray[Any]) -> bool:
    return labels.dtype.kind in "OUT"


def _no_labels(labels: NDArray[Any]) -> str:
    """What keeps `labels` from being labels, or nothing."""
    if labels.dtype.kind == "O" and not all(isinstance(label, str) for label in labels):
        return "a mixture of text, numbers or empty cells"
    if labels.dtype.kind == "f":
        whole = np.isfinite(labels) & (labels == np.floor(labels)) & (labels >= -(2.0**63)) & (labels < 2.0**63)
        if not whole.all():
            return "fractions, empty cells, infinity or numbers beyond 64 bits"
    return ""
