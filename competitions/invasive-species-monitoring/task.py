"""Invasive Species Monitoring: does a photo of a forest show hydrangea? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.archives import Archive, zip_csv
from pytest_mlebench.preparing.seven_zip import pack_7z, unpack_7z
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled photos; everything public is in archives."""
    with Archive(raw / "train_labels.csv.zip") as archive:
        train, test = train_test(archive.read_csv("train_labels.csv"), test_size=0.2)
    # The published preparation left both archives without a photo; here they hold what they should.
    with TemporaryDirectory(dir=private) as unpacked:
        unpack_7z(raw / "train.7z", Path(unpacked))
        for part, table in (("train", train), ("test", test)):
            photos = {f"{part}/{name}.jpg": Path(unpacked, f"train/{name}.jpg") for name in table["name"]}
            pack_7z(photos, public / f"{part}.7z", compress=False)
    sample = test.assign(invasive=0.5)
    zip_csv(train, public / "train_labels.csv.zip", "train_labels.csv")
    zip_csv(sample, public / "sample_submission.csv.zip", "sample_submission.csv")
    write_csv(sample, private / "sample_submission.csv")
    write_csv(test, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC over all photos."""
    require_columns(submission, ["name", "invasive"])
    submission = align(submission, answers, "name")
    return roc_auc(answers["invasive"].to_numpy(), probabilities(submission["invasive"]))
