"""H&M: which articles will a customer buy next week? Up to twelve, best first, graded by MAP@12."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import exact_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.ranking import map_at
from pytest_mlebench.preparing.placing import link_each, link_tree
from pytest_mlebench.preparing.tables import append_csv, read_chunks, write_csv

# Rows at a time: all 32 million do not fit into little memory.
CHUNK = 1_000_000
COLUMNS = ["t_dat", "customer_id", "article_id", "price", "sales_channel_id"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out the purchases of the last days; article ids lose their leading zero, as in the published data."""
    path = raw / "transactions_train.csv"
    last = max(piece["t_dat"].max() for piece in read_chunks(path, CHUNK, usecols=["t_dat"]))
    # Eight days, since both ends count.
    first = str(date.fromisoformat(last) - timedelta(days=7))
    link_each(["articles.csv", "customers.csv", "sample_submission.csv"], raw, public)
    link_tree(raw / "images", public / "images")
    held_out = []
    for piece in read_chunks(path, CHUNK, dtype={"price": "float64"}):
        late = piece["t_dat"] >= first
        append_csv(piece.loc[~late, COLUMNS], public / path.name)
        held_out.append(piece.loc[late, ["customer_id", "article_id"]])
    purchases = pd.concat(held_out)
    baskets = purchases["article_id"].astype(str).groupby(purchases["customer_id"]).agg(" ".join)
    write_csv(baskets.rename("prediction").reset_index(), private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """MAP@12 over the customers who bought something; articles are compared as text."""
    exact_columns(submission, ["customer_id", "prediction"])
    customers = pd.Index(answers["customer_id"].to_numpy(dtype=object))
    place = customers.get_indexer(submission["customer_id"].to_numpy(dtype=object))
    if missing := len(customers) - len(np.unique(place[place >= 0])):
        raise InvalidSubmissionError(
            f"{missing} of the customers to score are missing: write a row for each of the sample submission"
        )
    submission, place = submission[place >= 0], place[place >= 0]
    if len(submission) == len(answers):
        submission = submission.take(np.argsort(place))
    else:
        # As in the published grader, a second row for a customer shifts the rest: rows are then paired by position.
        submission, answers = _sorted(submission).head(len(answers)), _sorted(answers)
    return map_at(12, strings(answers["prediction"]), strings(submission["prediction"]))


def _sorted(table: pd.DataFrame) -> pd.DataFrame:
    """Rows by customer; those of one customer in the order in which numpy's quicksort leaves them."""
    return table.take(np.argsort(table["customer_id"].to_numpy(dtype=object), kind="quicksort"))
