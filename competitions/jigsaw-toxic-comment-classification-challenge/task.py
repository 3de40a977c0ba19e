"""Toxic Comment Classification Challenge: which of six kinds of toxicity has a comment? Graded by mean ROC AUC."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import exact_columns, same_length
from pytest_mlebench.metrics.roc_auc import mean_roc_auc
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.tables import write_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Take the test set of the event, whose labels were published, unscored rows of -1 included; nothing is split."""
    for name, target in (("train", public / "train"), ("test", public / "test"), ("test_labels", private / "test")):
        with Archive(raw / f"{name}.csv.zip") as archive:
            write_csv(archive.read_csv(f"{name}.csv"), target.with_suffix(".csv"))
    with Archive(raw / "sample_submission.csv.zip") as archive:
        sample = archive.read_csv("sample_submission.csv")
    write_csv(sample.assign(**dict.fromkeys(CLASSES, 0.5)), public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over the classes of the area under the ROC curve, for the rows that are scored."""
    exact_columns(submission, ["id", *CLASSES])
    same_length(submission, answers)
    if unknown := int((~submission["id"].isin(answers["id"])).sum()):
        raise InvalidSubmissionError(f"{unknown} of the ids are not in test.csv: write one row for each id there")
    submission, answers = _by_id(submission), _by_id(answers)
    answers = answers[answers[CLASSES].sum(axis=1) >= 0]
    # As in the published grader, rows are compared by place, and classes too: in the submission's order of columns.
    given = submission[submission["id"].isin(answers["id"])].drop(columns="id")
    if len(given) != len(answers):
        raise InvalidSubmissionError("some ids of test.csv are missing and others are there twice: write each id once")
    scores = np.column_stack([_scores(given[name]) for name in given])
    return mean_roc_auc(answers.drop(columns="id").to_numpy(), scores)


def _by_id(table: pd.DataFrame) -> pd.DataFrame:
    """`table` as pandas sorts an index: not at all if that is in order, else not stably."""
    ids = table["id"].to_numpy(dtype=object)
    return table if pd.Index(ids).is_monotonic_increasing else table.take(np.argsort(ids))


def _scores(column: pd.Series) -> NDArray[np.float64]:
    """Finite numbers of any size; text that reads as a number is one, since a word in an unscored row is tolerated."""
    try:
        values = column.to_numpy(dtype=object).astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise InvalidSubmissionError(f"column {column.name!r} must hold a finite number in every row")
    return values
