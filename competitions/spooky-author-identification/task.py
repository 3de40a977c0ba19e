"""Spooky Author Identification: which of three authors wrote a sentence? Graded by log loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import probabilities, rows_sum_to_one
from pytest_mlebench.metrics.log_loss import log_loss
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

AUTHORS = ["EAP", "HPL", "MWS"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled sentences; answers are one column of 0 and 1 for each author."""
    with Archive(raw / "train.zip") as archive:
        train, test = train_test(archive.read_csv("train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test[["id", "text"]], public / "test.csv")
    shares = {"EAP": 0.403493538995863, "HPL": 0.287808366106543, "MWS": 0.308698094897594}
    write_csv(test[["id"]].assign(**shares), public / "sample_submission.csv")
    one_hot = {author: (test["author"] == author).astype(int) for author in AUTHORS}
    write_csv(test[["id"]].assign(**one_hot), private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the three probabilities, which must sum to one in every row."""
    exact_columns(submission, ["id", *AUTHORS])
    if submission.columns[0] != "id":
        raise InvalidSubmissionError("the first column must be 'id'")
    submission = align(submission, answers, "id")
    predicted = probabilities(submission[AUTHORS])
    rows_sum_to_one(predicted)
    return log_loss(answers[AUTHORS].to_numpy(), predicted)
