"""Vesuvius Challenge, Ink Detection: where is ink in X-rayed papyrus? A mask, graded by F0.5 of its pixels."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, exact_columns, same_length
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.f_beta import f_beta
from pytest_mlebench.metrics.masks import overlaps
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.tables import read_csv, write_csv

LABELS = ["inklabels.png", "inklabels_rle.csv", "ir.png"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out the third of the labelled fragments."""
    from PIL import Image

    for fragment in ("1", "2"):
        link_tree(raw / "train" / fragment, public / "train" / fragment)
    held_out = raw / "train" / "3"
    link_tree(held_out, public / "test" / "a", skip=LABELS)
    mask = read_csv(held_out / "inklabels_rle.csv")
    if len(mask) != 1:
        raise HarnessError(f"{held_out / 'inklabels_rle.csv'} has {len(mask)} rows, not one: download it again")
    with Image.open(held_out / "ir.png") as photo:
        width, height = photo.size
    gold = mask.assign(Id="a")
    write_csv(gold.assign(Predicted="1 1 5 1"), public / "sample_submission.csv")
    write_csv(gold, private / "gold_submission.csv")
    write_csv(gold.assign(width=width, height=height), private / "inklabels_rle.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """F0.5 of the pixels with ink."""
    same_length(submission, answers)
    exact_columns(submission, ["Id", "Predicted"])
    masks = align(submission, answers, "Id")["Predicted"]
    if masks.isna().any():
        raise InvalidSubmissionError("column 'Predicted' has an empty cell: write runs as pairs 'start length'")
    pixels = answers["width"] * answers["height"]
    predicted, truth = (decode_run_lengths(texts(column), pixels) for column in (masks, answers["Predicted"]))
    return float(f_beta(overlaps(truth, predicted), truth.areas, predicted.areas, beta=0.5).mean())
