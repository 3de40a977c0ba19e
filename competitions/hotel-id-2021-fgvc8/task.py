"""Hotel-ID 2021: in which hotel was a photo of a room taken? Five ranked guesses, graded by MAP@5."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.ranking import map_at
from pytest_mlebench.preparing.placing import link_as, link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled images, without their chains."""
    images = read_csv(raw / "train.csv")
    # The only image that is listed twice.
    images = images[images["image"] != "ce27d36c9147cc19.jpg"]
    train, test = train_test(images, test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test[["image"]].assign(hotel_id="36363 53586 18807 64314 60181"), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    link_each(train["chain"].astype(str) + "/" + train["image"], raw / "train_images", public / "train_images")
    stored = test["chain"].astype(str) + "/" + test["image"]
    link_as(zip(stored, test["image"], strict=True), raw / "train_images", public / "test_images")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over images of 1 / rank of the right hotel among the first five guesses."""
    require_columns(submission, ["image", "hotel_id"])
    submission = align(submission, answers, "image")
    # As published, numbers are printed as pandas reads them, and every single blank separates: two make an empty guess.
    return map_at(5, strings(answers["hotel_id"]), strings(submission["hotel_id"]))
