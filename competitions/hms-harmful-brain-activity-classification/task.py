"""HMS - Harmful Brain Activity Classification: how do experts label an EEG? Graded by Kullback-Leibler divergence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_ids, same_length
from pytest_mlebench.grading.values import rows_sum_to_one
from pytest_mlebench.metrics.kl_divergence import kl_divergence
from pytest_mlebench.preparing.placing import link_each, link_tree
from pytest_mlebench.preparing.splitting import train_test_by
from pytest_mlebench.preparing.tables import read_csv, write_csv

VOTES = ["seizure_vote", "lpd_vote", "gpd_vote", "lrda_vote", "grda_vote", "other_vote"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the spectrograms, with all that was labelled in them."""
    train, test = train_test_by(read_csv(raw / "train.csv"), "spectrogram_id", test_size=0.1)
    write_csv(train, public / "train.csv")
    write_csv(test[["spectrogram_id", "eeg_id", "patient_id"]], public / "test.csv")
    write_csv(test[["eeg_id"]].assign(**dict.fromkeys(VOTES, 1 / 6)), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    shares = test[VOTES].div(test[VOTES].sum(axis=1), axis=0)
    write_csv(pd.concat([test["eeg_id"], shares], axis=1), private / "gold_submission.csv")
    link_tree(raw / "example_figures", public / "example_figures")
    for part, rows in (("train", train), ("test", test)):
        for folder, column in (("eegs", "eeg_id"), ("spectrograms", "spectrogram_id")):
            names = (f"{recording}.parquet" for recording in rows[column].unique())
            link_each(names, raw / f"train_{folder}", public / f"{part}_{folder}")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean Kullback-Leibler divergence of the predicted from the experts' shares."""
    same_length(submission, answers)
    require_columns(submission, ["eeg_id", *VOTES])
    _check_shares(submission.drop(columns="eeg_id"))
    same_ids(submission, answers, "eeg_id")
    # Rows of one recording cannot be told apart: they are paired in the order in which they stand.
    submission, answers = (table.sort_values("eeg_id", kind="stable") for table in (submission, answers))
    predicted = np.stack([_clipped(submission[name]) for name in VOTES], axis=1)
    votes = answers[VOTES].to_numpy(dtype=np.float64)
    return kl_divergence(votes / votes.sum(axis=1, keepdims=True), predicted)


def _check_shares(table: pd.DataFrame) -> None:
    """Refuse what are no shares of a whole in every row; empty cells are passed over, further columns are not."""
    if table.to_numpy().dtype.kind not in "iuf":
        odd = [repr(str(name)) for name in table if table[name].dtype.kind not in "iuf"]
        raise InvalidSubmissionError(f"every column but eeg_id must hold numbers: {', '.join(odd)[:100]} does not")
    values = np.nan_to_num(table.to_numpy(dtype=np.float64), nan=0.0)
    rows_sum_to_one(values[:, [table.columns.get_loc(name) for name in VOTES]], decimals=5)
    if values.min() < 0 or values.max() > 1:
        raise InvalidSubmissionError("every column but eeg_id must hold probabilities, from 0 to 1")
    if not np.allclose(values.sum(axis=1), 1):
        raise InvalidSubmissionError("columns other than eeg_id and the six votes must not add to the sum of a row")


def _clipped(column: pd.Series) -> NDArray[np.float64]:
    """Predictions kept from 0 and 1; the published grader leaves a column of whole numbers, such as 0 and 1, alone."""
    values = column.to_numpy(dtype=np.float64)
    return np.clip(values, 1e-15, 1 - 1e-15) if column.dtype.kind == "f" else values
