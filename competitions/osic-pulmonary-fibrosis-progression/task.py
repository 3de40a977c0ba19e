"""OSIC: how will the lungs of a patient decline? Capacity and confidence, graded by Laplace log likelihood."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns
from pytest_mlebench.metrics.laplace import laplace_log_likelihood
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.splitting import train_test_groups
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the patients; to predict is every week of the range that their visits span."""
    train, test = train_test_groups(read_csv(raw / "train.csv"), "Patient", test_size=0.1)
    if test.duplicated(["Patient", "Weeks"]).any():
        raise HarnessError(f"{raw / 'train.csv'}: a patient of the test part has two rows for a week")
    for part, table in (("train", train), ("test", test)):
        for patient in table["Patient"].unique():
            link_tree(raw / "train" / patient, public / part / patient)
    patients, weeks = test["Patient"].unique(), np.arange(test["Weeks"].min(), test["Weeks"].max() + 1)
    grid = pd.DataFrame({"Patient": np.repeat(patients, len(weeks)), "Weeks": np.tile(weeks, len(patients))})
    answers = grid.merge(test, on=["Patient", "Weeks"], how="left")
    keys = answers["Patient"] + "_" + answers["Weeks"].astype(str)
    write_csv(train, public / "train.csv")
    write_csv(test.sort_values("Weeks").groupby("Patient").first().reset_index()[train.columns], public / "test.csv")
    write_csv(pd.DataFrame({"Patient_Week": keys, "FVC": 2000, "Confidence": 100}), public / "sample_submission.csv")
    write_csv(answers.assign(Patient_Week=keys, Confidence=100), private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log likelihood of the last three measurements of each patient; only those submitted count."""
    require_columns(submission, ["Patient_Week", "FVC", "Confidence"])
    unknown = submission.loc[~submission["Patient_Week"].isin(answers["Patient_Week"]), "Patient_Week"]
    if len(unknown):
        raise InvalidSubmissionError(f"{len(unknown)} rows have a Patient_Week that is not in the sample submission")
    for name in ("FVC", "Confidence"):
        if not pd.api.types.is_numeric_dtype(submission[name]):
            raise InvalidSubmissionError(f"column {name!r} must hold numbers")
    measured = answers[answers["FVC"].notna()].sort_values("Weeks")
    scored = measured.groupby("Patient").tail(3).set_index("Patient_Week")["FVC"]
    # As in the published grader, rows that were left out are not missed.
    given = submission[submission["Patient_Week"].isin(scored.index)]
    keys = given["Patient_Week"]
    # A repeated row breaks the published grader, except where it is the only one.
    if keys.duplicated().any() and keys.nunique() > 1:
        raise InvalidSubmissionError(f"{keys.duplicated().sum()} rows repeat a Patient_Week: write each once")
    return laplace_log_likelihood(
        scored.loc[keys].to_numpy(),
        given["FVC"].to_numpy(dtype=np.float64),
        given["Confidence"].fillna(0).to_numpy(dtype=np.float64),
        least_confidence=70,
        most_error=1000,
    )
