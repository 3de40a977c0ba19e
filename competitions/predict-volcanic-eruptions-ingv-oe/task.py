"""INGV - Volcanic Eruption Prediction: how long until a volcano erupts? Graded by mean absolute error."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_ids
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.mae import mae
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

COLUMNS = ["segment_id", "time_to_eruption"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the segments."""
    segments = read_csv(raw / "train.csv")
    if list(segments.columns) != COLUMNS:
        raise HarnessError(f"{raw / 'train.csv'}: the columns are not {', '.join(COLUMNS)}: is it the right download?")
    train, test = train_test(segments, test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test.assign(time_to_eruption=0), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    for part, rows in (("train", train), ("test", test)):
        link_each(rows["segment_id"].astype(str) + ".csv", raw / "train", public / part)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean absolute error, rounded to a whole number; halves go to the even one."""
    require_columns(submission, COLUMNS)
    # As in the published grader, a segment may have several rows, all of which count.
    same_ids(submission, answers, "segment_id")
    truth = answers.set_index("segment_id")["time_to_eruption"].loc[submission["segment_id"]]
    error = mae(truth.to_numpy(), numbers(submission["time_to_eruption"]))
    if not math.isfinite(error):
        raise InvalidSubmissionError("column 'time_to_eruption' holds numbers too large to average")
    return round(error)
