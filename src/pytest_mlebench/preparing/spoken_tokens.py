"""Sentences cut into tokens, each as it is written and as it is spoken, for the text normalisation competitions."""

from __future__ import annotations

import csv
from pathlib import Path

import pandas as pd

from pytest_mlebench.preparing.archives import Archive, zip_csv
from pytest_mlebench.preparing.splitting import train_test_by
from pytest_mlebench.preparing.tables import write_csv

__all__ = ["prepare_spoken_tokens"]

# Text and header in quotes, whole numbers bare.
_FORMAT = {"quoting": csv.QUOTE_NONNUMERIC}


def prepare_spoken_tokens(raw: Path, public: Path, private: Path, language: str) -> None:
    """Hold out a tenth of the sentences in ``<language>_train.csv.zip`` and number the sentences of each part anew.

    The table there has the columns sentence_id, token_id, class, before (as written) and after (as spoken). Written
    are zip archives of one table each to `public`, and the answers and the sample submission to `private`.
    """
    with Archive(raw / f"{language}_train.csv.zip") as archive:
        tokens = archive.read_csv(f"{language}_train.csv")
    train, test = map(_renumbered, train_test_by(tokens, "sentence_id", 0.1))
    del tokens
    ids = test["sentence_id"].astype(str) + "_" + test["token_id"].astype(str)
    sample = pd.DataFrame({"id": ids, "after": test["before"]})
    for table, name in (
        (train, f"{language}_train"),
        (test.drop(columns=["class", "after"]), f"{language}_test_2"),
        (sample, f"{language}_sample_submission_2"),
    ):
        zip_csv(table, public / f"{name}.csv.zip", f"{name}.csv", **_FORMAT)
    write_csv(sample, private / "sample_submission.csv", **_FORMAT)
    write_csv(pd.DataFrame({"id": ids, "after": test["after"]}), private / "answers.csv", **_FORMAT)


def _renumbered(part: pd.DataFrame) -> pd.DataFrame:
    """`part` with its sentences numbered 0, 1, 2, ... as they come."""
    numbers, _ = pd.factorize(part["sentence_id"])
    return part.assign(sentence_id=numbers)
