"""Plant Pathology 2020: which disease has an apple leaf? Four classes, graded by the mean of their ROC AUCs."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.roc_auc import mean_roc_auc
from pytest_mlebench.preparing.placing import link_as
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

CLASSES = ["healthy", "multiple_diseases", "rust", "scab"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled photos; both parts are numbered anew, so that names tell nothing."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    numbered = []
    for part, table in (("Train", train), ("Test", test)):
        names = [f"{part}_{number}" for number in range(len(table))]
        files = [(f"{old}.jpg", f"{new}.jpg") for old, new in zip(table["image_id"], names, strict=True)]
        link_as(files, raw / "images", public / "images")
        numbered.append(table.assign(image_id=names))
    train, test = numbered
    write_csv(train, public / "train.csv")
    write_csv(test[["image_id"]], public / "test.csv")
    write_csv(test[["image_id"]].assign(**dict.fromkeys(CLASSES, 0.25)), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean ROC AUC of the classes; as in the published grader, any finite numbers will do."""
    exact_columns(submission, ["image_id", *CLASSES])
    submission = align(submission, answers, "image_id")
    return mean_roc_auc(answers[CLASSES].to_numpy(), numbers(submission[CLASSES]))
