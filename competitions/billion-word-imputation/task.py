"""Billion Word Imputation: which word was removed from a sentence? Whole sentences, graded by mean edit distance."""

from __future__ import annotations

import io
import zipfile
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.edit_distance import edit_distances
from pytest_mlebench.preparing.archives import Archive, zip_files

LINES = 30_301_028


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a hundredth of the sentences, in one pass, and remove one of the inner words of each."""
    random = np.random.RandomState(0)
    with (
        Archive(raw / "train_v2.txt.zip") as archive,
        archive.open("train_v2.txt") as member,
        io.TextIOWrapper(member, encoding="utf-8") as lines,
        zipfile.ZipFile(public / "train_v2.txt.zip", "x", zipfile.ZIP_DEFLATED) as packed,
        io.TextIOWrapper(packed.open("train_v2.txt", "w", force_zip64=True), encoding="utf-8", newline="\n") as train,
        (private / "test.csv").open("x", encoding="utf-8", newline="\n") as answers,
        (private / "sample_submission.csv").open("x", encoding="utf-8", newline="\n") as damaged,
    ):
        for file in (answers, damaged):
            file.write('"id","sentence"\n')
        count = 0
        for line in islice(lines, LINES):
            # The same draws as the published uniform(), one for each line, in a sixth of its time.
            if random.random_sample() > 0.01 or len(line.split(maxsplit=2)) < 3:
                train.write(line)
                continue
            sentence = line.strip().replace('"', '""')
            words = sentence.split()
            del words[random.randint(1, len(words) - 1)]
            answers.write(f'{count},"{sentence}"\n')
            damaged.write(f'{count},"{" ".join(words)}"\n')
            count += 1
    zip_files([(private / "sample_submission.csv", "test_v2.txt")], public / "test_v2.txt.zip")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean edit distance of the sentences, none of which may be missing."""
    require_columns(submission, ["id", "sentence"])
    given = align(submission, answers, "id")["sentence"]
    if empty := int(given.isna().sum()):
        raise InvalidSubmissionError(f"{empty} of {len(given)} cells of column 'sentence' are empty: write a sentence")
    return float(edit_distances(texts(answers["sentence"]), texts(given)).mean())
