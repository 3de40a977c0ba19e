"""U.S. Patent Phrase to Phrase Matching: how similar are two phrases in a field? Graded by Pearson correlation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.pearson import pearson
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the rated pairs; phrases such as "null" become empty cells, as in the published data."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="score"), public / "test.csv")
    write_csv(test[["id"]].assign(score=0), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Correlation of predicted with true scores; not a number where all predictions are equal."""
    require_columns(submission, ["id", "score"])
    submission = align(submission, answers, "id")
    # As in the published grader, an empty or infinite cell is not refused: the score is not a number.
    return pearson(answers["score"].to_numpy(), numbers(submission["score"], finite=False))
