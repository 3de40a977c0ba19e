"""Identify Contrails: where are contrails in a satellite image? Masks, graded by Dice over all pixels together."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.f_beta import dice
from pytest_mlebench.metrics.masks import Masks, overlaps
from pytest_mlebench.preparing.counting import counted
from pytest_mlebench.preparing.json_files import read_json, write_json
from pytest_mlebench.preparing.placing import link_each, link_tree
from pytest_mlebench.preparing.run_lengths import encode_run_lengths
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

EMPTY = "-"
BANDS = [f"band_{band:02}.npy" for band in range(8, 17)]
LABELS = ["human_individual_masks.npy", "human_pixel_masks.npy"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out as many training records as there are validation records."""
    records: list[dict[str, Any]] = read_json(raw / "train_metadata.json")
    train, test = train_test(records, test_size=len(read_json(raw / "validation_metadata.json")))
    for part, shown, files in (("train", train, [*BANDS, *LABELS]), ("test", test, BANDS)):
        link_each([f"{each['record_id']}/{file}" for each in shown for file in files], raw / "train", public / part)
    link_tree(raw / "validation", public / "validation")
    link_each(["validation_metadata.json"], raw, public)
    write_json(train, public / "train_metadata.json")
    answers = pd.DataFrame([_answer(raw / "train", each["record_id"]) for each in counted(test, "encoding masks")])
    draw = random.Random(0)
    guesses = [draw.choice(["1 3 10 5", EMPTY]) for _ in test]
    write_csv(answers.assign(encoded_pixels=guesses), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def _answer(folder: Path, record: str) -> dict[str, Any]:
    mask = np.load(folder / record / "human_pixel_masks.npy")[..., 0] == 1
    # Opened without reading it, for its shape.
    height, width, _ = np.load(folder / record / BANDS[0], mmap_mode="r").shape
    runs = encode_run_lengths(mask.T.ravel()) or EMPTY
    return {"record_id": record, "encoded_pixels": runs, "height": height, "width": width}


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Dice coefficient of the pixels of all records together."""
    require_columns(submission, ["record_id", "encoded_pixels"])
    submission = align(submission, answers, "record_id")
    pixels = answers["height"] * answers["width"]
    truth, predicted = (_masks(table["encoded_pixels"], pixels) for table in (answers, submission))
    return float(dice(overlaps(truth, predicted).sum(), truth.areas.sum(), predicted.areas.sum()))


def _masks(column: pd.Series, pixels: pd.Series) -> Masks:
    if column.isna().any():
        raise InvalidSubmissionError(f"column 'encoded_pixels' has an empty cell: write {EMPTY!r} for an empty mask")
    return decode_run_lengths(["" if text == EMPTY else text for text in texts(column)], pixels)
