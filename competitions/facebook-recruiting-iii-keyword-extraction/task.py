"""Facebook Recruiting III - Keyword Extraction: which tags has a question? Graded by micro-averaged F1."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import word_sets
from pytest_mlebench.metrics.f1 import micro_f1
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.reordering import reordered
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import append_csv, read_chunks, read_csv

CHUNK = 100_000


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled questions, chunk by chunk: they have 7 GB of text."""
    with Archive(raw / "Train.zip") as archive:
        with archive.open("Train.csv") as file:
            count = sum(len(ids) for ids in read_chunks(file, CHUNK, usecols=["Id"], dtype=str))
        train, test = train_test(np.arange(count), test_size=0.1)
        place = np.argsort(np.concatenate([train, test]))
        with archive.open("Train.csv") as file:
            for part in reordered(read_chunks(file, CHUNK, dtype=str), place, private):
                held_out = part[part.index >= len(train)]
                append_csv(part[part.index < len(train)], public / "train.csv")
                append_csv(held_out.drop(columns="Tags"), public / "test.csv")
                append_csv(held_out.assign(Tags="javascript c# python php java"), public / "sample_submission.csv")
                append_csv(held_out, private / "test.csv")


def read_answers(private: Path) -> pd.DataFrame:
    """Ids and tags, without the texts."""
    return read_csv(private / "test.csv", usecols=["Id", "Tags"])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """F1 over all pairs of question and tag; tags that occur in no answer do not count, as in the published grader."""
    require_columns(submission, ["Id", "Tags"])
    submission = align(submission, answers, "Id")
    return micro_f1(word_sets(answers["Tags"]), word_sets(submission["Tags"]))
