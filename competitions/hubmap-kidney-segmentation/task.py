"""HuBMAP: where are the glomeruli in an image of kidney tissue? Masks, graded by the mean Dice coefficient."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.f_beta import dice
from pytest_mlebench.metrics.masks import overlaps
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

INFORMATION = "HuBMAP-20-dataset_information.csv"
IMAGE, OUTLINES, ANATOMY = "{}.tiff", "{}.json", "{}-anatomical-structure.json"


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out three of the fifteen labelled images, with the outlines of what is to be found in them."""
    _prepare(raw, public, private, shown_of_test=(IMAGE, OUTLINES, ANATOMY))


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, but without the outlines of the glomeruli in the test images."""
    _prepare(raw, public, private, shown_of_test=(IMAGE, ANATOMY))


def _prepare(raw: Path, public: Path, private: Path, shown_of_test: tuple[str, ...]) -> None:
    masks, information = read_csv(raw / "train.csv"), read_csv(raw / INFORMATION)
    train, test = train_test(masks, test_size=3, train_size=12)
    for part, ids, files in (
        ("train", train["id"], (IMAGE, OUTLINES, ANATOMY)),
        ("test", test["id"], shown_of_test),
    ):
        link_each([file.format(name) for name in ids for file in files], raw / "train", public / part)
    image_ids = information["image_file"].str.replace(".tiff", "", regex=False)
    sizes = information[["width_pixels", "height_pixels"]].assign(id=image_ids)
    gold = test.rename(columns={"encoding": "predicted"})
    sample = gold.assign(predicted="")
    write_csv(train, public / "train.csv")
    write_csv(information[image_ids.isin(masks["id"])], public / INFORMATION)
    write_csv(sample, public / "sample_submission.csv")
    write_csv(sample, public / "test" / "sample_submission.csv")
    write_csv(test.merge(sizes, on="id"), private / "test.csv")
    write_csv(gold, private / "gold_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over images of the Dice coefficient, which is 1 where both masks are empty."""
    require_columns(submission, ["id", "predicted"])
    pixels = answers["width_pixels"] * answers["height_pixels"]
    truth = decode_run_lengths(texts(answers["encoding"]), pixels)
    predicted = decode_run_lengths(texts(align(submission, answers, "id")["predicted"]), pixels)
    scores = dice(overlaps(truth, predicted), truth.areas, predicted.areas)
    return float(np.nan_to_num(scores, nan=1.0).mean())
