"""New York City Taxi Fare Prediction: what does a ride cost? Graded by RMSE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import require_columns, same_length
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmse import rmse
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.reordering import reordered
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import append_csv, read_chunks

TEST_ROWS = 9914
CHUNK = 1_000_000
# Said beforehand, as a chunk without fractions would be read as whole numbers.
FLOATS = ["fare_amount", "pickup_longitude", "pickup_latitude", "dropoff_longitude", "dropoff_latitude"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 9914 rides, chunk by chunk: there are 55 million."""
    count = sum(len(chunk) for chunk in read_chunks(raw / "train.csv", CHUNK, usecols=["passenger_count"]))
    train, test = train_test(np.arange(count), test_size=TEST_ROWS)
    place = np.argsort(np.concatenate([test, train]))
    chunks = read_chunks(raw / "train.csv", CHUNK, dtype=dict.fromkeys(FLOATS, float))
    for part in reordered(chunks, place, private, rows=CHUNK):
        held_out = part[part.index < TEST_ROWS]
        append_csv(part[part.index >= TEST_ROWS], public / "labels.csv")
        append_csv(held_out.drop(columns="fare_amount"), public / "test.csv")
        append_csv(held_out[["key"]].assign(fare_amount=11.35), public / "sample_submission.csv")
        append_csv(held_out, private / "test.csv")
    link_each(["GCP-Coupons-Instructions.rtf"], raw, public)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """RMSE in dollars; as in the published grader, rows are paired in the order of their keys, which need not agree."""
    require_columns(submission, ["fare_amount", "key"])
    same_length(submission, answers)
    return rmse(numbers(_by_key(answers)["fare_amount"]), numbers(_by_key(submission)["fare_amount"]))


def _by_key(table: pd.DataFrame) -> pd.DataFrame:
    # As objects, equal keys come in the same order whatever type this pandas has for text.
    table = table.reset_index(drop=True)
    return table.loc[table["key"].astype(object).sort_values().index]
