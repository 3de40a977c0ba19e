"""APTOS 2019: how severe is the retinopathy in a photo of an eye? Grades 0 to 4, graded by quadratic weighted kappa."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import labels
from pytest_mlebench.metrics.kappa import quadratic_kappa
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled photos."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    for part, table in (("train_images", train), ("test_images", test)):
        link_each(table["id_code"] + ".png", raw / "train_images", public / part)
    write_csv(train, public / "train.csv")
    write_csv(test[["id_code"]], public / "test.csv")
    write_csv(test[["id_code"]].assign(diagnosis=0), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Quadratic weighted kappa; as in the published grader, any whole number is a grade, also beyond 0 to 4."""
    require_columns(submission, ["id_code", "diagnosis"])
    submission = align(submission, answers, "id_code")
    return quadratic_kappa(answers["diagnosis"].to_numpy(), labels(submission["diagnosis"]))
