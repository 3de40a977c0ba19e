"""Dogs vs. Cats Redux: does a photo show a dog or a cat? Graded by log loss."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.log_loss import binary_log_loss
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.counting import counted
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled photos; all are numbered anew, and given both as files and as archives."""
    with Archive(raw / "train.zip") as archive:
        train, test = train_test([name for name in archive.names("train") if name.endswith(".jpg")], test_size=0.1)
        numbers = {"cat": count(), "dog": count()}
        kinds = ["cat" if "cat" in name else "dog" for name in train]
        renamed = [f"{kind}.{next(numbers[kind])}.jpg" for kind in kinds]
        numbered = [f"{number}.jpg" for number in range(1, len(test) + 1)]
        for part, old, new in (("train", train, renamed), ("test", test, numbered)):
            pairs = list(zip(old, new, strict=True))
            archive.repack(((f"train/{before}", after) for before, after in pairs), public / f"{part}.zip")
            (public / part).mkdir()
            for before, after in counted(pairs, f"unpacking to {part}/"):
                archive.extract(f"train/{before}", public / part / after)
    answers = pd.DataFrame({"id": range(1, len(test) + 1), "label": [int("dog" in name) for name in test]})
    write_csv(answers.assign(label=0.5), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the probability of a dog."""
    require_columns(submission, ["id", "label"])
    submission = align(submission, answers, "id")
    return binary_log_loss(answers["label"].to_numpy(), probabilities(submission["label"]))
