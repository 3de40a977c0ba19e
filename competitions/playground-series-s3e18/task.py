"""Explore Multi-Label Classification with an Enzyme Substrate Dataset: two binary targets, graded by mean ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.roc_auc import mean_roc_auc
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

TARGETS = ["EC1", "EC2"]
OTHER_TARGETS = ["EC3", "EC4", "EC5", "EC6"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled rows; four further targets are given for training only."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=[*TARGETS, *OTHER_TARGETS]), public / "test.csv")
    write_csv(test[["id", *TARGETS]].assign(**dict.fromkeys(TARGETS, 0.5)), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean area under the two ROC curves; as in the published grader, any numbers may stand for probabilities."""
    require_columns(submission, ["id", *TARGETS])
    submission = align(submission, answers, "id")
    return mean_roc_auc(answers[TARGETS].to_numpy(), numbers(submission[TARGETS]))
