"""Denoising Dirty Documents: how would a stained page look clean? Every pixel, graded by RMSE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmse import rmse
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the pages; the answers are the pixels of their clean versions."""
    with Archive(raw / "train.zip") as archive:
        pages = archive.names("train")
        _, drawn = train_test([page for page in pages if page.endswith(".png")], test_size=0.2)
        test = sorted(drawn)
        archive.extract_each(sorted(set(pages) - set(test)), "train", public / "train")
        archive.extract_each(test, "train", public / "test")
    with Archive(raw / "train_cleaned.zip") as archive:
        clean = set(archive.names("train_cleaned")) - set(test)
        archive.extract_each(sorted(clean), "train_cleaned", public / "train_cleaned")
        answers = pd.concat([_pixels(archive, page) for page in test], ignore_index=True)
    write_csv(answers.assign(value=1), public / "sampleSubmission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """RMSE over all pixels of all pages; as in the published grader, any finite numbers will do."""
    require_columns(submission, ["id", "value"])
    submission = align(submission, answers, "id")
    return rmse(answers["value"].to_numpy(), numbers(submission["value"], cast=True))


def _pixels(archive: Archive, page: str) -> pd.DataFrame:
    """The clean grey values of a page from 0 to 1, row by row; rows and columns count from 1."""
    from PIL import Image

    with archive.open(f"train_cleaned/{page}") as file, Image.open(file) as image:
        grey = np.asarray(image.convert("L")) / 255.0
    height, width = grey.shape
    stem = Path(page).stem
    ids = [f"{stem}_{row}_{column}" for row in range(1, height + 1) for column in range(1, width + 1)]
    return pd.DataFrame({"id": ids, "value": grey.ravel()})
