"""Movie Review Sentiment Analysis (Kernels Only): which of five sentiments has a phrase? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.archives import Archive, zip_csv
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out three tenths of the labelled phrases, whatever their sentences."""
    with Archive(raw / "train.tsv.zip") as archive:
        train, test = train_test(archive.read_csv("train.tsv", sep="\t"), test_size=0.3)
    zip_csv(train, public / "train.tsv.zip", "train.tsv", sep="\t")
    zip_csv(test.drop(columns="Sentiment"), public / "test.tsv.zip", "test.tsv", sep="\t")
    write_csv(test[["PhraseId"]].assign(Sentiment=2), public / "sampleSubmission.csv")
    write_csv(test, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Share of phrases whose label is right."""
    require_columns(submission, ["PhraseId", "Sentiment"])
    submission = align(submission, answers, "PhraseId")
    # As in the published grader, one word in the column makes all labels text, which never is a number: that scores 0.
    return accuracy(answers["Sentiment"], submission["Sentiment"])
