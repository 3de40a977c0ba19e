"""Google Brain - Ventilator Pressure: what is the airway pressure during a breath? Graded by mean absolute error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.mae import mae
from pytest_mlebench.preparing.splitting import train_test_groups
from pytest_mlebench.preparing.tables import read_csv, write_csv

FLOATS = {"time_step": "float64", "u_in": "float64", "pressure": "float64"}
INTEGERS = {"id": "int32", "breath_id": "int32", "R": "int8", "C": "int8", "u_out": "int8"}


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the breaths; in both parts rows are numbered anew, and floats have ten digits."""
    table = read_csv(raw / "train.csv", dtype={**FLOATS, **INTEGERS})
    parts = train_test_groups(table, "breath_id", test_size=0.1)
    train, test = (part.assign(id=np.arange(1, len(part) + 1)) for part in parts)
    write_csv(train, public / "train.csv", float_format="%.10g")
    write_csv(test.drop(columns="pressure"), public / "test.csv", float_format="%.10g")
    write_csv(test[["id"]].assign(pressure=0), public / "sample_submission.csv")
    write_csv(test, private / "test.csv", float_format="%.10g")


def read_answers(private: Path) -> pd.DataFrame:
    """What is needed to grade: ids, pressures, and whether a row is of the expiratory phase."""
    return read_csv(private / "test.csv", usecols=["id", "u_out", "pressure"])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean absolute error of the rows whose expiratory valve is closed."""
    require_columns(submission, ["id", "pressure"])
    scored = answers["u_out"] != 1
    predicted = align(submission, answers, "id")["pressure"][scored]
    # As in the published grader, other rows may hold anything: a word there makes a whole column text.
    return mae(answers["pressure"][scored].to_numpy(), numbers(predicted, cast=True))
