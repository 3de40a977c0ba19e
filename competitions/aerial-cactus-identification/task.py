"""Aerial Cactus Identification: does an aerial photo show a columnar cactus? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 19 % of the labelled photos, which go from archive to archive."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.19)
    with Archive(raw / "train.zip") as archive:
        for part, table in (("train", train), ("test", test)):
            archive.repack(((f"train/{name}", name) for name in table["id"]), public / f"{part}.zip")
    write_csv(train, public / "train.csv")
    write_csv(test.assign(has_cactus=0.5), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC over all photos."""
    require_columns(submission, ["id", "has_cactus"])
    submission = align(submission, answers, "id")
    return roc_auc(answers["has_cactus"].to_numpy(), probabilities(submission["has_cactus"]))
