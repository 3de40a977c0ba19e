"""Diabetes: how far does the disease progress within a year?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmse import rmse
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def make_raw(raw: Path) -> None:
    """Write data.csv from the 442 patients that scikit-learn ships, in the units they were measured in."""
    from sklearn.datasets import load_diabetes
    from sklearn.utils import shuffle

    data = load_diabetes(scaled=False)
    values, progression = shuffle(data.data, data.target, random_state=442)
    columns = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]  # s1 to s6 by their meaning
    # The last bits depend on the version of scikit-learn.
    table = pd.DataFrame(values, columns=columns).round(4).astype({"age": int, "sex": int})
    table.insert(0, "id", range(1, len(table) + 1))
    table["progression"] = progression.astype(int)
    write_csv(table, raw / "data.csv")


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out half of the patients."""
    train, test = train_test(read_csv(raw / "data.csv"), test_size=0.5, random_state=4)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="progression"), public / "test.csv")
    write_csv(test[["id", "progression"]], private / "test.csv")
    write_csv(test[["id"]].assign(progression=150.0), public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Root of the mean squared error of the progression."""
    require_columns(submission, ["id", "progression"])
    submission = align(submission, answers, "id")
    return rmse(answers["progression"].to_numpy(), numbers(submission["progression"]))
