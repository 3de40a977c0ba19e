"""Tweet Sentiment Extraction: which words of a tweet carry its sentiment? Graded by word-level Jaccard similarity."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.jaccard import word_jaccard
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled tweets."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="selected_text"), public / "test.csv")
    write_csv(test[["textID"]].assign(selected_text=""), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean Jaccard similarity of the lower-cased words."""
    require_columns(submission, ["textID", "selected_text"])
    truth = _selected(answers)
    predicted = _selected(align(submission, answers, "textID"))
    # The published grader divides by the number of words, so two texts without any are an error.
    if not all(right.split() or given.split() for right, given in zip(truth, predicted, strict=True)):
        raise InvalidSubmissionError("text without words cannot be scored: select at least one word of every tweet")
    return word_jaccard(truth, predicted)


def _selected(table: pd.DataFrame) -> list[str]:
    column = table["selected_text"]
    return strings(column.astype(object).where(column.notna(), ""))
