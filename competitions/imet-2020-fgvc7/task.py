"""iMet Collection 2020: which attributes does a museum object have? Graded by micro-averaged F1."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import word_sets
from pytest_mlebench.metrics.f1 import micro_f1
from pytest_mlebench.preparing.placing import link, link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 15 % of the labelled images."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.15)
    write_csv(train, public / "train.csv")
    write_csv(test.assign(attribute_ids="0 1 2"), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")
    link(raw / "labels.csv", public / "labels.csv")
    link_each(train["id"] + ".png", raw / "train", public / "train")
    link_each(test["id"] + ".png", raw / "train", public / "test")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """F1 over all pairs of image and attribute; as published, attributes that no answer has are not counted."""
    require_columns(submission, ["id", "attribute_ids"])
    submission = align(submission, answers, "id")
    return micro_f1(word_sets(answers["attribute_ids"]), word_sets(submission["attribute_ids"]))
