"""Smartphone Decimeter 2022: where was a phone, second by second? Graded by quantiles of the distance for each trip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_length
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.haversine import haversine
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.quick_floats import read_quick_csv
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

PLACE = ["LatitudeDegrees", "LongitudeDegrees"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the days, with all drives and phones of a day."""
    drives = sorted(folder.name for folder in (raw / "train").iterdir() if folder.is_dir())
    _, test_dates = train_test(sorted({_date(drive) for drive in drives}), test_size=0.1)
    answers = []
    for drive in drives:
        source = raw / "train" / drive
        if _date(drive) not in test_dates:
            link_tree(source, public / "train" / drive)
            continue
        link_tree(source, public / "test" / drive, skip=["ground_truth.csv"])
        tracks = sorted(source.glob("*/ground_truth.csv"))
        if not tracks:
            raise HarnessError(f"there is no ground_truth.csv below {source}: are the raw data complete?")
        for track in tracks:
            table = read_quick_csv(track).assign(tripId=f"{drive}-{track.parent.name}")
            answers.append(table[["tripId", "UnixTimeMillis", *PLACE]])
    test = pd.concat(answers)
    link_tree(raw / "metadata", public / "metadata")
    sample = test.assign(LatitudeDegrees=37.904611315634504, LongitudeDegrees=-86.48107806249548)
    write_csv(sample, public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, without the recordings of the reference receiver among the test data."""
    prepare(raw, public, private)
    for track in list((public / "test").rglob("span_log.nmea")):
        track.unlink()


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over trips; as in the published grader, the rows of a trip are matched by position, whatever their times."""
    require_columns(submission, ["tripId", "UnixTimeMillis", *PLACE])
    same_length(submission, answers)
    numbers(submission[PLACE], finite=False)
    trips = pd.Index(answers["tripId"].unique())
    wanted, given = (trips.get_indexer(table["tripId"]) for table in (answers, submission))
    if (given < 0).any():
        raise InvalidSubmissionError(f"{(given < 0).sum()} rows have a tripId that is not to predict")
    right, counts = (np.bincount(codes, minlength=len(trips)) for codes in (wanted, given))
    for trip, n, count in zip(trips, right, counts, strict=True):
        if n != count:
            raise InvalidSubmissionError(f"trip {trip!r} has {count} rows where {n} are expected")
    places = [
        table[name].to_numpy()[np.argsort(codes, kind="stable")]
        for table, codes in ((answers, wanted), (submission, given))
        for name in PLACE
    ]
    errors = np.split(haversine(*places), np.cumsum(right)[:-1])
    return float(np.mean([np.quantile(trip, [0.5, 0.95]).mean() for trip in errors]))


def _date(drive: str) -> str:
    """The day of a drive, which its name starts with; month and day may lack their zeros."""
    year, month, day, *_ = [*drive.split("-"), "", ""]
    if not (year.isdigit() and month.isdigit() and day.isdigit()):
        raise HarnessError(f"the name of drive {drive!r} does not start with a date: is it part of the data?")
    return f"{year}-{month:0>2}-{day:0>2}"
