"""Plant Pathology 2021: which diseases does an apple leaf have? Graded by micro-averaged F1 over labels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import word_sets
from pytest_mlebench.metrics.f1 import micro_f1
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled images."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.2)
    write_csv(train, public / "train.csv")
    write_csv(test.assign(labels="healthy"), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")
    link_each(train["image"], raw / "train_images", public / "train_images")
    link_each(test["image"], raw / "train_images", public / "test_images")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """F1 over all pairs of image and label; as published, labels that no answer has are not counted."""
    require_columns(submission, ["image", "labels"])
    submission = align(submission, answers, "image")
    return micro_f1(word_sets(answers["labels"]), word_sets(submission["labels"]))
