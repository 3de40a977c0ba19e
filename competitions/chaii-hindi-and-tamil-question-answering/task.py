"""chaii - Hindi and Tamil Question Answering: what answers a question? Graded by word-level Jaccard."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.jaccard import word_jaccard
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled questions."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    answers = test[["id", "answer_text"]].rename(columns={"answer_text": "PredictionString"})
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=["answer_start", "answer_text"]), public / "test.csv")
    write_csv(answers.assign(PredictionString="dummy text"), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean Jaccard similarity of the lower-cased words; two empty answers score 0, as in the published grader."""
    require_columns(submission, ["PredictionString", "id"])
    submission = align(submission, answers, "id")
    return word_jaccard(texts(answers["PredictionString"]), texts(submission["PredictionString"]))
