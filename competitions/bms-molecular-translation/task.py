"""Molecular Translation: which molecule does a drawing show? InChI texts, graded by mean edit distance."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.edit_distance import edit_distances
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled images."""
    train, test = train_test(read_csv(raw / "train_labels.csv"), test_size=0.2)
    for part, images in (("train", train["image_id"]), ("test", test["image_id"])):
        # The first three characters of an id are the folders of its image.
        names = images.str[0] + "/" + images.str[1] + "/" + images.str[2] + "/" + images + ".png"
        link_each(names, raw / "train", public / part)
    link_each(["extra_approved_InChIs.csv"], raw, public)
    write_csv(train, public / "train_labels.csv")
    write_csv(test.assign(InChI="InChI=1S/H2O/h1H2"), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean edit distance; as in the published grader, an empty cell is the text ``nan``."""
    require_columns(submission, ["image_id", "InChI"])
    predicted = strings(align(submission, answers, "image_id")["InChI"])
    return float(edit_distances(strings(answers["InChI"]), predicted).mean())
