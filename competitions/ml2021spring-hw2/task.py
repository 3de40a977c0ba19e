"""ML2021Spring-hw2: which of 39 phonemes is a frame of speech? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

BLOCK = 65536


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out as large a share of the labelled samples as the test samples are of all."""
    source, target = raw / "timit_11" / "timit_11", public / "timit_11" / "timit_11"
    samples, others = (np.load(source / f"{part}_11.npy", mmap_mode="r") for part in ("train", "test"))
    labels = np.load(source / "train_label_11.npy")
    test_size = len(others) / (len(samples) + len(others))
    train, test = train_test(np.arange(len(samples)), test_size)
    target.mkdir(parents=True)
    _save_rows(samples, train, target / "train_11.npy")
    _save_rows(samples, test, target / "test_11.npy")
    np.save(target / "train_label_11.npy", labels[train])
    answers = pd.DataFrame({"Id": range(len(test)), "ClassId": labels[test]})
    write_csv(answers.assign(ClassId=0), public / "sampleSubmission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Accuracy; text is no refusal but never right."""
    require_columns(submission, ["Id", "ClassId"])
    return accuracy(answers["ClassId"], align(submission, answers, "Id")["ClassId"])


def _save_rows(samples: NDArray[Any], rows: NDArray[np.intp], path: Path) -> None:
    """Save some of two gigabytes of samples, a block at a time."""
    shape = (len(rows), *samples.shape[1:])
    saved = np.lib.format.open_memmap(path, mode="w+", dtype=samples.dtype, shape=shape)
    for start in range(0, len(rows), BLOCK):
        saved[start : start + BLOCK] = samples[rows[start : start + BLOCK]]
    saved.flush()
