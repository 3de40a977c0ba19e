"""Detecting Insults in Social Commentary: does a comment insult another participant? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_ids, same_length
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.placing import link
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Take the first test set of the event, whose solutions were published; nothing is split."""
    link(raw / "train.csv", public / "train.csv")
    link(raw / "test_with_solutions.csv", private / "test.csv")
    train, test = read_csv(public / "train.csv"), read_csv(private / "test.csv")
    if test["Comment"].isin(train["Comment"]).any():
        raise HarnessError(
            f"{raw}: comments of test_with_solutions.csv are in train.csv too: is it the right download?"
        )
    test = test[["Insult", "Date", "Comment"]]
    write_csv(test, private / "gold_submission.csv")
    write_csv(test.drop(columns="Insult"), public / "test.csv")
    write_csv(test.assign(Insult=0), public / "sample_submission_null.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Area under the ROC curve; the comments are the ids."""
    require_columns(submission, ["Comment", "Insult"])
    same_length(submission, answers)
    submission = submission.assign(Insult=probabilities(submission["Insult"]))
    same_ids(submission, answers, "Comment")
    submission, answers = _by_comment(submission), _by_comment(answers)
    if (submission["Comment"].to_numpy(dtype=object) != answers["Comment"].to_numpy(dtype=object)).any():
        raise InvalidSubmissionError(
            "some comments do not occur as often as in test.csv: write one row for each of its rows"
        )
    return roc_auc(answers["Insult"].to_numpy(), submission["Insult"].to_numpy())


def _by_comment(table: pd.DataFrame) -> pd.DataFrame:
    # As in the published grader the sort is not stable, so equal comments are surely paired only in the file's order.
    return table.take(np.argsort(table["Comment"].to_numpy(dtype=object)))
