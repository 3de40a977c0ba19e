"""Tabular Playground Series - May 2022: in which of two states is a machine? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

TEST_ROWS = 100_000


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 100,000 labelled rows, and number all rows anew, those of the test part last."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=TEST_ROWS)
    train = train.assign(id=np.arange(len(train)))
    test = test.assign(id=len(train) + np.arange(len(test)))
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="target"), public / "test.csv")
    write_csv(test[["id"]].assign(target=0.5), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["id", "target"]], private / "gold_submission.csv")


def read_answers(private: Path) -> pd.DataFrame:
    """Ids and states, without the features."""
    return read_csv(private / "test.csv", usecols=["id", "target"])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Area under the ROC curve of the probabilities."""
    require_columns(submission, ["id", "target"])
    submission = align(submission, answers, "id")
    return roc_auc(answers["target"].to_numpy(), probabilities(submission["target"]))
