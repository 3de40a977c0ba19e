"""OpenVaccine: how reactive and stable is each base of an RNA molecule? Graded by mean columnwise RMSE."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmse import rmse
from pytest_mlebench.preparing.tables import write_csv

if TYPE_CHECKING:
    pass

TARGETS = ["reactivity", "deg_Mg_pH10", "deg_pH10", "deg_Mg_50C", "deg_50C"]
SCORED = ["reactivity", "deg_Mg_pH10", "deg_Mg_50C"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the molecules, all of good quality; answers have a row for each of their bases."""
    molecules = pd.read_json(raw / "train.json", lines=True)
    columns = pd.read_json(raw / "test.json", lines=True).columns
    good = molecules[molecules["SN_filter"] > 0]
    held_out = molecules.index.isin(good.sample(n=int(0.1 * len(molecules)), random_state=0).index)
    for name, part in (("train", molecules[~held_out]), ("test", molecules.loc[held_out, columns])):
        part = part.assign(index=np.arange(len(part)))
        part.to_json(public / f"{name}.json", orient="records", lines=True)
    answers = _bases(molecules[held_out])
    sample = answers.drop(columns="keep").assign(**dict.fromkeys(TARGETS, 0.0))
    write_csv(sample, public / "sample_submission.csv", float_format="%.10f")
    write_csv(answers, private / "test.csv", float_format="%.10f")


def _bases(molecules: pd.DataFrame) -> pd.DataFrame:
    """A row for each base; those beyond the measured ones have targets of 0 and are not kept for scoring."""
    if molecules["seq_length"].nunique() != 1:
        raise HarnessError("the molecules held out are not of one length: is train.json the right download?")
    length = int(molecules["seq_length"].iloc[0])
    position = np.tile(np.arange(length), len(molecules))
    keep = position < np.repeat(molecules["seq_scored"].to_numpy(), length)
    table = pd.DataFrame({"id_seqpos": np.repeat(molecules["id"].to_numpy(), length)})
    table["id_seqpos"] += "_" + pd.Series(position).astype(str)
    for target in TARGETS:
        table[target] = 0.0
        table.loc[keep, target] = np.concatenate(molecules[target].tolist())
    return table.assign(keep=keep)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean RMSE of three targets.

    As in the published grader, the scored rows of a submission are those in the places where the answers have
    theirs, whatever their ids, and both are then paired in the order of their ids. That is right as long as rows
    are in the order of the sample submission.
    """
    require_columns(submission, ["id_seqpos", *TARGETS])
    if pd.api.types.is_numeric_dtype(submission["id_seqpos"]):
        raise InvalidSubmissionError("column 'id_seqpos' must hold ids as in the sample submission, not numbers")
    align(submission, answers, "id_seqpos")
    keep = answers["keep"].to_numpy(dtype=bool)
    truth, predicted = (
        part.take(np.argsort(part["id_seqpos"].to_numpy(dtype=object))) for part in (answers[keep], submission[keep])
    )
    # Rows that do not count may hold anything, which makes a whole column text.
    return float(np.mean([rmse(truth[name].to_numpy(), numbers(predicted[name], cast=True)) for name in SCORED]))
