"""RSNA Screening Mammography: is there cancer in a breast? Graded by probabilistic F1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.probabilistic_f1 import probabilistic_f1
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test_by
from pytest_mlebench.preparing.tables import read_csv, write_csv

SHOWN = ["site_id", "patient_id", "image_id", "laterality", "view", "age", "implant", "machine_id", "prediction_id"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the patients; there is an answer for each breast, which has several images."""
    train, test = train_test_by(read_csv(raw / "train.csv"), "patient_id", test_size=0.1, random_state=42)
    test = test.assign(prediction_id=test["patient_id"].astype(str) + "_" + test["laterality"])
    answers = test.groupby("prediction_id")["cancer"].first().reset_index()
    write_csv(train, public / "train.csv")
    write_csv(test[SHOWN], public / "test.csv")
    write_csv(answers.assign(cancer=train["cancer"].mean()), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")
    for part, rows in (("train_images", train), ("test_images", test)):
        images = rows["patient_id"].astype(str) + "/" + rows["image_id"].astype(str) + ".dcm"
        link_each(images, raw / "train_images", public / part)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Probabilistic F1 over breasts; numbers beyond 0 and 1 are cut off there."""
    require_columns(submission, ["prediction_id", "cancer"])
    cells = align(submission, answers, "prediction_id")["cancer"]
    # True and False are read as objects where cells are empty.
    given = cells.dropna().infer_objects()
    predicted = numbers(given.replace([np.inf, -np.inf], [1.0, -1.0])) if len(given) else np.zeros(0)
    # As in the published grader, an empty cell scores 0 and is no refusal.
    if len(given) < len(cells):
        return 0.0
    if (predicted < 0).all():
        raise InvalidSubmissionError("column 'cancer' must hold probabilities: every number is below 0")
    return probabilistic_f1(answers["cancer"].to_numpy(), np.clip(predicted, 0, 1))
