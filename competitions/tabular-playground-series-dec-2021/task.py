"""Tabular Playground Series - Dec 2021: which of seven cover types has a piece of forest? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled rows, not stratified: one class has a single row."""
    # All columns hold small whole numbers, and there are four million rows of them.
    train, test = train_test(read_csv(raw / "train.csv", dtype="int32"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="Cover_Type"), public / "test.csv")
    write_csv(test[["Id"]].assign(Cover_Type=2), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def read_answers(private: Path) -> pd.DataFrame:
    """Ids and classes, without the features."""
    return read_csv(private / "test.csv", usecols=["Id", "Cover_Type"])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Accuracy; a column that is text throughout is not refused, but no text is right."""
    require_columns(submission, ["Id", "Cover_Type"])
    submission = align(submission, answers, "Id")
    return accuracy(answers["Cover_Type"], submission["Cover_Type"])
