"""Columns and rows of a submission, brought in line with the answers or refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.submission import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["align", "exact_columns", "require_columns", "same_ids", "same_length"]


def require_columns(submission: pd.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a submission that lacks one of `columns`; further columns are tolerated."""
    missing = [column for column in columns if column not in submission.columns]
    if missing:
        raise InvalidSubmissionError(f"no column {_names(missing)}: the columns are {_names(submission.columns)}")


def exact_columns(submission: pd.DataFrame, columns: Iterable[str]) -> None:
    """Refuse a submission whose columns are not `columns`, in any order."""
    columns = list(columns)
    require_columns(submission, columns)
    if surplus := [column for column in submission.columns if column not in columns]:
        raise InvalidSubmissionError(f"unexpected column {_names(surplus)}: the columns must be {_names(columns)}")


def same_length(submission: pd.DataFrame, answers: pd.DataFrame) -> None:
    """Refuse a submission with more or fewer rows than the answers."""
    if len(submission) != len(answers):
        raise InvalidSubmissionError(f"{len(submission)} rows where {len(answers)} are expected")


def align(submission: pd.DataFrame, answers: pd.DataFrame, column: str) -> pd.DataFrame:
    """The submission's rows in the order of the answers', matched by the ids in `column`.

    Refuses a missing column, another number of rows, and ids that occur twice or not in the answers; numbers match by
    value, so that 1.0 is 1. What is said of ids quotes the submission only. The index of the result is that of
    `answers`. Raises ValueError where the answers' own ids are not unique.
    """
    require_columns(submission, [column])
    same_length(submission, answers)
    given, wanted = pd.Index(submission[column]), pd.Index(answers[column])
    order = _order_of_texts(given, wanted)
    if order is None:
        order = _order(given, wanted)
    if order is not None:
        return submission.take(order).set_axis(answers.index)
    if not wanted.is_unique:
        raise ValueError(f"the ids in column {column!r} of the answers are not unique")
    if not given.is_unique:
        twice = given[given.duplicated()][0]
        raise InvalidSubmissionError(f"id {_value(twice)} is in column {column!r} more than once")
    unknown = given[wanted.get_indexer(given) < 0]
    first = f", the first is {_value(unknown[0])}" if len(unknown) else ""
    raise InvalidSubmissionError(
        f"{len(unknown)} of the {len(given)} ids in column {column!r} are not among those to predict{first}"
    )


def same_ids(submission: pd.DataFrame, answers: pd.DataFrame, column: str) -> None:
    """Refuse a submission unless the different ids in `column` are those of the answers; ids may occur repeatedly."""
    require_columns(submission, [column])
    given, wanted = pd.Index(submission[column].unique()), pd.Index(answers[column].unique())
    unknown = given[wanted.get_indexer(given) < 0]
    if len(unknown):
        raise InvalidSubmissionError(
            f"{len(unknown)} of the {len(given)} ids in column {column!r} are not among those to predict, "
            f"the first is {_value(unknown[0])}"
        )
    if len(given) < len(wanted):
        raise InvalidSubmissionError(
            f"{len(wanted) - len(given)} of the {len(wanted)} ids to predict are missing in column {column!r}"
        )


def _order(given: pd.Index, wanted: pd.Index) -> NDArray[np.intp] | None:
    """For each wanted id its place among those given, or None unless that is one to one; both are as long."""
    if not given.is_unique:
        return None
    order = given.get_indexer(wanted)
    return order if (order >= 0).all() and np.bincount(order, minlength=len(given)).all() else None


def _order_of_texts(given: pd.Index, wanted: pd.Index) -> NDArray[np.intp] | None:
    """`_order` by hashes, which are looked up in half the time that texts take; None also where it does not serve."""
    if pd.api.types.is_numeric_dtype(given) or pd.api.types.is_numeric_dtype(wanted):
        return None
    texts = [ids.to_numpy(dtype=object) for ids in (given, wanted)]
    hashes = [pd.Index(np.fromiter(map(hash, cells.tolist()), np.int64, len(cells))) for cells in texts]
    order = _order(*hashes)
    return order if order is not None and (texts[0][order] == texts[1]).all() else None


def _names(columns: Iterable[object]) -> str:
    return printable(", ".join(repr(str(column)) for column in columns))


def _value(cell: object) -> str:
    return "(an empty cell)" if pd.isna(cell) else printable(repr(cell) if isinstance(cell, str) else str(cell), 60)  # type: ignore[call-overload]
