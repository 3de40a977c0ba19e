"""RSNA-MICCAI Brain Tumor: is a promoter methylated, seen from MRI scans of the tumor? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled cases."""
    labels = read_csv(raw / "train_labels.csv", dtype={"BraTS21ID": str, "MGMT_value": int})
    train, test = train_test(labels, test_size=0.1)
    for part, folder in ((train, "train"), (test, "test")):
        for case in part["BraTS21ID"]:
            link_tree(raw / "train" / case, public / folder / case)
    write_csv(train, public / "train_labels.csv")
    write_csv(test.assign(MGMT_value=0.5), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC of the probabilities; ids are read as numbers, so that leading zeros do not matter."""
    require_columns(submission, ["BraTS21ID", "MGMT_value"])
    submission = align(submission, answers, "BraTS21ID")
    return roc_auc(answers["MGMT_value"].to_numpy(), probabilities(submission["MGMT_value"]))
