"""IceCube: from where in the sky did a neutrino come? Two angles, graded by the mean angle to the true direction."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.extras import load
from pytest_mlebench.grading.alignment import align, exact_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.angular_error import mean_angular_error
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test

ANGLES = ["azimuth", "zenith"]
EVENT = ["batch_id", "event_id", "first_pulse_index", "last_pulse_index"]
COLUMNS = [*EVENT, *ANGLES]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the batches; the table of all 132 million events is never in memory as a whole."""
    arrow, parquet = load("pyarrow"), load("pyarrow.parquet")
    with parquet.ParquetFile(raw / "train_meta.parquet") as meta:
        pieces = meta.iter_batches(columns=["batch_id"])
        batches = pd.unique(np.concatenate([piece.column(0).unique().to_numpy() for piece in pieces]))
        train_batches, test_batches = train_test(batches, test_size=0.1)
        # Not with what pandas notes of the index, which is wrong for a part of the rows.
        train_schema, test_schema = (
            arrow.schema([meta.schema_arrow.field(name) for name in names]) for names in (COLUMNS, EVENT)
        )
        with (
            parquet.ParquetWriter(public / "train_meta.parquet", train_schema) as train,
            parquet.ParquetWriter(public / "test_meta.parquet", test_schema) as test,
            (private / "test.csv").open("x", encoding="ascii") as answers,
            (public / "sample_submission.csv").open("x", encoding="ascii") as sample,
        ):
            header = True
            for piece in meta.iter_batches(batch_size=2**20, columns=COLUMNS):
                events = arrow.table([piece.column(name) for name in COLUMNS], schema=train_schema)
                held_out = np.isin(events["batch_id"], test_batches)
                train.write_table(events.filter(~held_out))
                test.write_table(events.filter(held_out).select(EVENT))
                directions = events.filter(held_out).select(["event_id", *ANGLES]).to_pandas()
                directions.to_csv(answers, index=False, header=header)
                directions.assign(azimuth=1, zenith=1).to_csv(sample, index=False, header=header)
                header = False
    link_each(["sensor_geometry.csv"], raw, public)
    link_each([f"batch_{batch}.parquet" for batch in train_batches], raw / "train", public / "train")
    link_each([f"batch_{batch}.parquet" for batch in test_batches], raw / "train", public / "test")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """The mean angle; true and false are no angles."""
    exact_columns(submission, ["event_id", *ANGLES])
    for name in ANGLES:
        if submission[name].dtype == bool:
            raise InvalidSubmissionError(f"column {name!r} must hold numbers, not True and False")
    predicted = numbers(align(submission, answers, "event_id")[ANGLES])
    return mean_angular_error(*answers[ANGLES].to_numpy().T, *predicted.T)
