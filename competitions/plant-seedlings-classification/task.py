"""Plant Seedlings Classification: which of twelve species is a seedling? Graded by micro-averaged F1."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.preparing.placing import link_as
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 14 % of the labelled images, the share that the original test images had of all images."""
    folders = sorted(folder.name for folder in (raw / "train").iterdir() if folder.is_dir())
    files = [
        (name, species)
        for species in folders
        for name in sorted(path.name for path in (raw / "train" / species).iterdir() if path.suffix == ".png")
    ]
    train, test = train_test(pd.DataFrame(files, columns=["file", "species"]), test_size=0.14)
    write_csv(test.assign(species="Sugar beet"), public / "sample_submission.csv")
    write_csv(test, private / "answers.csv")
    stored = train["species"] + "/" + train["file"]
    link_as(zip(stored, stored, strict=True), raw / "train", public / "train")
    link_as(zip(test["species"] + "/" + test["file"], test["file"], strict=True), raw / "train", public / "test")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Micro-averaged F1, which is the share of right rows where each row has one class."""
    require_columns(submission, ["file", "species"])
    species = align(submission, answers, "file")["species"]
    # As in the published grader, single empty cells are wrong guesses, but there must be text somewhere.
    if pd.api.types.infer_dtype(species, skipna=True) != "string":
        raise InvalidSubmissionError("column 'species' must hold names of species, such as 'Maize'")
    return float((species == answers["species"]).mean())
