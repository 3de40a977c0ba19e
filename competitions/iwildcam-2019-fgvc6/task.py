"""iWildCam 2019: which animal did a camera trap take at a place unseen in training? Graded by macro F1."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import integers
from pytest_mlebench.metrics.f1 import macro_f1
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test_by
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the places, with all their images."""
    # Seed 8 was picked for the share of images that it puts into test, about 44 %.
    train, test = train_test_by(read_csv(raw / "train.csv"), "location", test_size=0.1, random_state=8)
    with Archive(raw / "train_images.zip") as archive:
        for part, name in ((train, "train_images.zip"), (test, "test_images.zip")):
            archive.repack(((image, image) for image in part["id"] + ".jpg"), public / name)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="category_id"), public / "test.csv")
    write_csv(test, private / "test.csv")
    answers = test[["id", "category_id"]].set_axis(["Id", "Category"], axis="columns")
    write_csv(answers, private / "answers.csv")
    # The published sample has the row numbers in a column without a name.
    answers.assign(Category=0).to_csv(public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Macro F1 over the classes that are there or predicted."""
    require_columns(submission, ["Id", "Category"])
    submission = align(submission, answers, "Id")
    # As in the published grader, fractions are cut off, and any number is a class: a wrong one is one more with F1 0.
    return macro_f1(answers["Category"].to_numpy(), integers(submission["Category"]))
