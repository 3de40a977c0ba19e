"""Text Normalization Challenge - English Language: how is a written token spoken? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.spoken_tokens import prepare_spoken_tokens


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the sentences."""
    prepare_spoken_tokens(raw, public, private, "en")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Share of tokens that are spoken exactly so."""
    require_columns(submission, ["after", "id"])
    submission = align(submission, answers, "id")
    # As in the published grader, missing cells are the word "nan" on both sides: empty, NA and null are all the same.
    truth, spoken = (np.array(strings(table["after"]), dtype=object) for table in (answers, submission))
    return accuracy(truth, spoken)
