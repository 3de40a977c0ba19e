"""Automated Essay Scoring 2.0: which grade did a student's essay get? Graded by quadratic weighted kappa."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import labels
from pytest_mlebench.metrics.kappa import quadratic_kappa
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the graded essays; the sample submission grades at random."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="score"), public / "test.csv")
    # The published sample was drawn with this old interface of numpy; another gives other numbers.
    drawn = np.random.RandomState(42).randint(1, 7, size=len(test))
    write_csv(test[["essay_id"]].assign(score=drawn), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Quadratic weighted kappa of whole numbers, which the published grader does not limit to 1 to 6."""
    require_columns(submission, ["essay_id", "score"])
    submission = align(submission, answers, "essay_id")
    return quadratic_kappa(labels(answers["score"]), labels(submission["score"]))
