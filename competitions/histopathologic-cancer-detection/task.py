"""Histopathologic Cancer Detection: does a patch of a lymph node scan show tumour? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out as large a share of the labelled patches as the original test set was of all; rows keep their order."""
    labels = read_csv(raw / "train_labels.csv")
    unlabelled = sum(1 for _ in (raw / "test").glob("*.tif"))
    drawn, _ = train_test(labels["id"], test_size=unlabelled / (len(labels) + unlabelled))
    in_train = labels["id"].isin(drawn)
    train, test = labels[in_train], labels[~in_train]
    for part, table in (("train", train), ("test", test)):
        link_each(table["id"] + ".tif", raw / "train", public / part)
    write_csv(train, public / "train_labels.csv")
    write_csv(test.assign(label=0), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC over all patches."""
    require_columns(submission, ["id", "label"])
    submission = align(submission, answers, "id")
    return roc_auc(answers["label"].to_numpy(), probabilities(submission["label"]))
