"""Humpback Whale Identification: whose fluke is in a photo? Five ranked guesses, graded by MAP@5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.ranking import map_at
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out an image of each whale that has two or more, and a tenth of what is left."""
    images = read_csv(raw / "train.csv")[["Image", "Id"]]
    part = np.full(len(images), "", dtype=object)
    generator = np.random.default_rng(0)
    # The rows of each whale, new_whale included, in the order of the first ones.
    whale, _ = pd.factorize(images["Id"])
    for rows in np.split(np.argsort(whale, kind="stable"), np.cumsum(np.bincount(whale))[:-1]):
        if len(rows) > 1:
            part[pd.Series(rows).sample(2, random_state=0)] = ["train", "test"]
        else:
            part[rows] = generator.choice(["train", "test"], replace=False, p=[1 - 0.1, 0.1])
    kept, held_out = train_test(np.flatnonzero(part == ""), test_size=0.1)
    part[kept], part[held_out] = "train", "test"
    train, test = images[part == "train"], images[part == "test"]
    # To a model, whales without an image in train are new.
    answers = test.assign(Id=test["Id"].where(test["Id"].isin(train["Id"]), "new_whale"))
    write_csv(train, public / "train.csv")
    guess = "new_whale w_1287fbc w_98baff9 w_7554f44 w_1eafe46"
    write_csv(answers.assign(Id=guess), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")
    link_each(train["Image"], raw / "train", public / "train")
    link_each(test["Image"], raw / "train", public / "test")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over images of 1 / rank of the right whale among the first five guesses."""
    exact_columns(submission, ["Image", "Id"])
    submission = align(submission, answers, "Image")
    # As published, every single blank separates, so that two make an empty guess, and an empty cell is the guess "nan".
    return map_at(5, strings(answers["Id"]), strings(submission["Id"]))
