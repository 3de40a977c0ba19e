"""SETI Breakthrough Listen: does a radio spectrogram hold a planted signal? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.placing import link_each, link_tree
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled snippets."""
    train, test = train_test(read_csv(raw / "train_labels.csv"), test_size=0.1)
    for part, folder in ((train, "train"), (test, "test")):
        link_each(part["id"].str[0] + "/" + part["id"] + ".npy", raw / "train", public / folder)
    link_tree(raw / "old_leaky_data", public / "old_leaky_data")
    write_csv(train, public / "train_labels.csv")
    write_csv(test.assign(target=0.5), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC of the probabilities."""
    require_columns(submission, ["id", "target"])
    submission = align(submission, answers, "id")
    return roc_auc(answers["target"].to_numpy(), probabilities(submission["target"]))
