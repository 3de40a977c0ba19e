"""Herbarium 2021: which species is the pressed plant in the image? Graded by macro F1."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import integers
from pytest_mlebench.metrics.f1 import macro_f1
from pytest_mlebench.preparing.annotated_images import (
    numbered,
    place_images,
    train_test_pairs,
    with_pairs,
    write_metadata,
)
from pytest_mlebench.preparing.json_files import read_json
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled images of each species."""
    metadata = read_json(raw / "train/metadata.json")
    train, test = train_test_pairs(metadata, test_size=0.2)
    renamed = numbered(test, lambda number: f"images/{number // 1000:03d}/{number}.jpg")
    place_images(train, raw / "train", public / "train")
    place_images(test, raw / "train", public / "test", renamed)
    write_metadata(with_pairs(metadata, train), public / "train/metadata.json")
    listed = {"images": [image for _, image in renamed], "info": metadata["info"], "licenses": metadata["licenses"]}
    write_metadata(listed, public / "test/metadata.json")
    answers = pd.DataFrame({"Id": range(len(test)), "Predicted": [annotation["category_id"] for annotation, _ in test]})
    write_csv(answers.assign(Predicted=0), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Macro F1 over the species that are there or predicted."""
    require_columns(submission, ["Id", "Predicted"])
    submission = align(submission, answers, "Id")
    # As in the published grader, fractions are cut off, and any number is a species: a wrong one is one more with F1 0.
    return macro_f1(answers["Predicted"].to_numpy(), integers(submission["Predicted"]))
