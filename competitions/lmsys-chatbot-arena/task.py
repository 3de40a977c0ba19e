"""LMSYS - Chatbot Arena: which of two chatbots does a person prefer? Graded by log loss."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities, rows_sum_to_one
from pytest_mlebench.metrics.log_loss import log_loss
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

OUTCOMES = ["winner_model_a", "winner_model_b", "winner_tie"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled conversations, and hide which models talk in them."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test[["id", "prompt", "response_a", "response_b"]], public / "test.csv")
    write_csv(test[["id"]].assign(**dict.fromkeys(OUTCOMES, 1 / 3)), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")


def read_answers(private: Path) -> pd.DataFrame:
    """Ids and outcomes, without the texts."""
    return read_csv(private / "answers.csv", usecols=["id", *OUTCOMES])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the three probabilities, which must sum to one to six decimals in every row."""
    require_columns(submission, ["id", *OUTCOMES])
    submission = align(submission, answers, "id")
    predicted = probabilities(submission[OUTCOMES])
    rows_sum_to_one(predicted, decimals=6)
    return log_loss(answers[OUTCOMES].to_numpy(), predicted)
