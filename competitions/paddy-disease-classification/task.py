"""Paddy Disease Classification: which disease does a rice leaf have? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.placing import link_as, link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a quarter of the labelled images."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.25)
    write_csv(train, public / "train.csv")
    write_csv(test[["image_id"]].assign(label=""), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    link_each(train["label"] + "/" + train["image_id"], raw / "train_images", public / "train_images")
    stored = test["label"] + "/" + test["image_id"]
    link_as(zip(stored, test["image_id"], strict=True), raw / "train_images", public / "test_images")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Share of right labels; empty cells are wrong ones."""
    require_columns(submission, ["image_id", "label"])
    label = align(submission, answers, "image_id")["label"]
    # In the published grader an empty cell turns the column into text, where even fractions are no error.
    return accuracy(answers["label"], strings(label) if label.isna().any() else label)
