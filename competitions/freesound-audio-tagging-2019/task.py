"""Freesound Audio Tagging 2019: which of 80 kinds of sound does a clip hold? Graded by lwlrap."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.lwlrap import lwlrap
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.downloading import download
from pytest_mlebench.preparing.placing import link, link_tree
from pytest_mlebench.preparing.tables import read_csv, write_csv

META = "FSDKaggle2019.meta"
META_URL = f"https://zenodo.org/records/3612637/files/{META}.zip?download=1"


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Everything is public as it came; the labels of the test clips, published later, are another download."""
    if not (raw / f"{META}.zip").exists():
        download(META_URL, raw / f"{META}.zip")
    with Archive(raw / f"{META}.zip") as archive:
        clips = archive.read_csv(f"{META}/test_post_competition.csv")
    sample = read_csv(raw / "sample_submission.csv")
    clips = clips[clips["usage"] == "Private"]
    if sorted(clips["fname"]) != sorted(sample["fname"]):
        raise HarnessError(f"{raw}: the clips of sample_submission.csv are not those that {META}.zip has labels for")
    labels = [set(text.split(",")) for text in clips["labels"]]
    classes = {name: [int(name in given) for given in labels] for name in sample.columns[1:]}
    write_csv(clips[["fname"]].assign(**classes), private / "test.csv")
    for entry in sorted(raw.iterdir()):
        if META in entry.name:
            continue
        if entry.is_dir():
            link_tree(entry, public / entry.name)
        else:
            link(entry, public / entry.name)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Label-weighted label-ranking average precision; scores may be any numbers."""
    columns = list(answers.columns)
    exact_columns(submission, columns)
    if list(submission.columns) != columns:
        raise InvalidSubmissionError("the columns must have the order of the sample submission's")
    scores = align(submission, answers, "fname")[columns[1:]]
    # The published grader negates the scores, which fails if all of them are True or False.
    if all(pd.api.types.is_bool_dtype(scores[name]) for name in scores):
        raise InvalidSubmissionError("the scores must be numbers, not True and False")
    return lwlrap(answers[columns[1:]].to_numpy(), numbers(scores))
