"""Kuzushiji Recognition: which characters are on a page, and where? Points with labels, graded by F1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns, same_length
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.f_beta import dice
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

Boxes = list[list[str]]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled pages."""
    pages = read_csv(raw / "train.csv")
    train, test = train_test(pages, test_size=0.1)
    with Archive(raw / "train_images.zip") as archive:
        if len(archive.names()) != len(pages):
            raise HarnessError(f"{archive.path}: {len(archive.names())} images for {len(pages)} pages")
        for name, part in (("train_images.zip", train), ("test_images.zip", test)):
            archive.repack([(f"{page}.jpg", f"{page}.jpg") for page in part["image_id"]], public / name)
    link_each(["unicode_translation.csv"], raw, public)
    gold = [" ".join(map(_inside, _boxes(text))) for text in texts(test["labels"])]
    write_csv(train, public / "train.csv")
    write_csv(test.assign(labels="U+003F 1 1 U+FF2F 2 2"), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    write_csv(test.assign(labels=gold), private / "gold_submission.csv")


def _boxes(text: str) -> Boxes:
    fields = text.split()
    if len(fields) % 5:
        raise HarnessError(f"a page has labels of {len(fields)} fields, not groups of five: download train.csv again")
    return [fields[n : n + 5] for n in range(0, len(fields), 5)]


def _inside(box: list[str]) -> str:
    label, x, y, _, _ = box
    return f"{label} {int(x) + 1} {int(y) + 1}"


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """F1 over the characters of all pages; a character is found if a point with its label is inside of its box."""
    same_length(submission, answers)
    require_columns(submission, ["image_id", "labels"])
    points = [_points(text) for text in texts(align(submission, answers, "image_id")["labels"])]
    boxes = [_boxes(text) for text in texts(answers["labels"])]
    given, true = sum(len(each) for page in points for each in page.values()), sum(map(len, boxes))
    hits = sum(map(_hits, boxes, points))
    return float(dice(hits, true, given)) if hits else 0.0


def _points(text: str) -> dict[str, np.ndarray]:
    """For each label its points in the order given, shape (points, 2)."""
    # As in the published grader, two blanks in a row have an empty field between them.
    fields = text.split(" ") if text else []
    shown = printable(repr(text), 60)
    if len(fields) % 3:
        raise InvalidSubmissionError(f"the labels {shown} are {len(fields)} fields, not groups 'Unicode X Y'")
    points: dict[str, list[tuple[float, float]]] = {}
    for label, x, y in zip(fields[0::3], fields[1::3], fields[2::3], strict=True):
        try:
            points.setdefault(label, []).append((float(x), float(y)))
        except ValueError:
            raise InvalidSubmissionError(f"the labels {shown} hold a position that is no number") from None
    return {label: np.array(positions) for label, positions in points.items()}


def _hits(boxes: Boxes, points: dict[str, np.ndarray]) -> int:
    """How many boxes are found, each by the first point within that no earlier box has used up."""
    hits = 0
    for label, *numbers in boxes:
        x, y, width, height = map(float, numbers)
        if label in points:
            found = ((points[label] > (x, y)) & (points[label] < (x + width, y + height))).all(axis=1)
            if found.any():
                points[label][found.argmax()] = np.nan
                hits += 1
    return hits
