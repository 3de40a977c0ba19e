"""Jigsaw Unintended Bias in Toxicity Classification: is a comment toxic? Graded by ROC AUCs around identities."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.bias_auc import bias_auc
from pytest_mlebench.preparing.placing import link
from pytest_mlebench.preparing.tables import read_csv, write_csv

IDENTITIES = [
    *("male", "female", "homosexual_gay_or_lesbian", "christian", "jewish", "muslim", "black", "white"),
    "psychiatric_or_mental_illness",
]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Take the private test set of the event, whose labels were published; nothing is split."""
    link(raw / "train.csv", public / "train.csv")
    link(raw / "test_private_expanded.csv", private / "test.csv")
    test = read_csv(private / "test.csv", usecols=["id", "comment_text"])[["id", "comment_text"]]
    write_csv(test, public / "test.csv")
    write_csv(test[["id"]].assign(prediction=0.0), public / "sample_submission.csv")


def read_answers(private: Path) -> pd.DataFrame:
    """Ids, toxicity and evaluated identities, without the texts."""
    return read_csv(private / "test.csv", usecols=["id", "toxicity", *IDENTITIES])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """A quarter of the overall ROC AUC, and a quarter of the mean over identities of each of three others."""
    if "toxicity" not in submission.columns:
        require_columns(submission, ["prediction"])
    elif "prediction" in submission.columns:
        raise InvalidSubmissionError("there are both the columns 'prediction' and 'toxicity': leave 'toxicity' out")
    # As in the published grader, a column named as in the answers is taken too.
    submission = align(submission, answers, "id").rename(columns={"toxicity": "prediction"})
    cells = submission["prediction"].astype(object)
    if any(isinstance(cell, str) for cell in cells):
        raise InvalidSubmissionError("column 'prediction' must hold numbers, but it holds text")
    # The published grader cuts predictions at a half before all areas, so that only this decision counts; empty is no.
    predicted = (cells.astype(np.float64) >= 0.5).to_numpy()
    return bias_auc((answers["toxicity"] >= 0.5).to_numpy(), (answers[IDENTITIES] >= 0.5).to_numpy(), predicted)
