"""TGS Salt Identification: where is salt in a seismic image? Masks, graded by precision at IoU thresholds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.iou_precision import iou_precision
from pytest_mlebench.metrics.masks import Masks, overlaps
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

PIXELS = 101 * 101


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a quarter of the training images, and their depths with them."""
    with Archive(raw / "competition_data.zip") as archive:
        masks = archive.read_csv("competition_data/train.csv")
        images = [name for name in archive.names("competition_data/train/images") if name.endswith(".png")]
        if sorted(masks["id"] + ".png") != images:
            raise HarnessError(f"{archive.path}: the {len(images)} images are not those of the {len(masks)} masks")
        train, test = (part.sort_values("id") for part in train_test(masks, test_size=0.25))
        for part, folder in (("train/images", train), ("train/masks", train), ("test/images", test)):
            source = f"competition_data/train/{Path(part).name}"
            archive.extract_each(folder["id"] + ".png", source, public / part)
    depths = read_csv(raw / "depths.csv")
    write_csv(train, public / "train.csv")
    write_csv(depths[depths["id"].isin(train["id"])].sort_values("id"), public / "depths.csv")
    write_csv(test[["id"]].assign(rle_mask="1 1"), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def read_answers(private: Path) -> tuple[pd.DataFrame, Masks]:
    """The ids of the test images, and their masks in the same order."""
    answers = read_csv(private / "test.csv")
    return answers, decode_run_lengths(texts(answers["rle_mask"]), PIXELS)


def grade(submission: pd.DataFrame, answers: tuple[pd.DataFrame, Masks]) -> float:
    """Mean over images of the precision; without salt, only the empty mask is right."""
    ids, truth = answers
    exact_columns(submission, ["id", "rle_mask"])
    predicted = decode_run_lengths(texts(align(submission, ids, "id")["rle_mask"]), PIXELS)
    # As in the published grader, no prediction where there is salt counts as the whole image.
    areas = np.where(predicted.areas > 0, predicted.areas, PIXELS)
    common = np.where(predicted.areas > 0, overlaps(truth, predicted), truth.areas)
    precision = iou_precision(common / (truth.areas + areas - common))
    return float(np.where(truth.areas > 0, precision, predicted.areas == 0).mean())
