"""PetFinder Pawpularity: how popular is the photo of a pet, from 1 to 100? Graded by RMSE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmse import rmse
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the photos; the sample submission is drawn at random."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    for part, table in (("train", train), ("test", test)):
        link_each(table["Id"] + ".jpg", raw / "train", public / part)
    drawn = np.random.default_rng(0).uniform(1, 100, len(test)).round(2)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="Pawpularity"), public / "test.csv")
    write_csv(test[["Id"]].assign(Pawpularity=drawn), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """RMSE of scores from 1 to 100."""
    require_columns(submission, ["Id", "Pawpularity"])
    submission = align(submission, answers, "Id")
    predicted = numbers(submission["Pawpularity"])
    beyond = (predicted < 1) | (predicted > 100)
    if beyond.any():
        raise InvalidSubmissionError(
            f"column 'Pawpularity' must hold numbers from 1 to 100: {beyond.sum()} of {len(predicted)} rows do not, "
            f"the first holds {predicted[beyond][0]:.10g}"
        )
    return rmse(answers["Pawpularity"].to_numpy(), predicted)
