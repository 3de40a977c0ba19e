"""Herbarium 2022: which species is the pressed plant in the image? Graded by macro F1."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import integers
from pytest_mlebench.metrics.f1 import macro_f1
from pytest_mlebench.preparing.annotated_images import (
    Pair,
    numbered,
    place_images,
    train_test_pairs,
    with_pairs,
    write_metadata,
)
from pytest_mlebench.preparing.json_files import read_json
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled images of each species; all images get new names."""
    metadata = read_json(raw / "train_metadata.json")
    train, test = train_test_pairs(metadata, test_size=0.2, image_id="image_id", shuffled_from=2)
    renamed = _named_by_species(train)
    place_images(train, raw / "train_images", public / "train_images", renamed)
    write_metadata(with_pairs(metadata, renamed), public / "train_metadata.json")
    listed = numbered(test, lambda n: f"{n // 1000:03d}/test-{n:06d}.jpg", image_id="image_id")
    place_images(test, raw / "train_images", public / "test_images", listed)
    write_metadata([image for _, image in listed], public / "test_metadata.json")
    answers = pd.DataFrame({"Id": range(len(test)), "Predicted": [annotation["category_id"] for annotation, _ in test]})
    write_csv(answers.assign(Predicted=42), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Macro F1 over the species that are there or predicted."""
    require_columns(submission, ["Id", "Predicted"])
    submission = align(submission, answers, "Id")
    # As in the published grader, fractions are cut off, and any number is a species: a wrong one is one more with F1 0.
    return macro_f1(answers["Predicted"].to_numpy(), integers(submission["Predicted"]))


def _named_by_species(pairs: list[Pair]) -> list[Pair]:
    """The pairs with images that are numbered from 1 within their species, and named by species and number."""
    counts: Counter[int] = Counter()
    renamed = []
    for annotation, image in pairs:
        species: int = annotation["category_id"]
        counts[species] += 1
        name = f"{species:05d}__{counts[species]:03d}"
        path = f"{species // 100:03d}/{species % 100:02d}/{name}.jpg"
        renamed.append(({**annotation, "image_id": name}, {**image, "image_id": name, "file_name": path}))
    return renamed
