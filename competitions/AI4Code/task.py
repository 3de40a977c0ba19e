"""AI4Code: in which order do the cells of a notebook stand? Graded by Kendall's tau over all notebooks."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import strings
from pytest_mlebench.metrics.kendall_tau import kendall_tau
from pytest_mlebench.preparing.json_files import read_json
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.tables import read_csv, write_csv

TEST_SIZE = 20_000


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 20000 notebooks, whole families of forks at a time."""
    ancestors = read_csv(raw / "train_ancestors.csv").sample(frac=1, random_state=0)
    test_families, count = [], 0
    for family, size in ancestors.groupby("ancestor_id", sort=False).size().items():
        # A family too large for what is left is passed over, smaller ones may still fit.
        if count + size <= TEST_SIZE:
            test_families.append(family)
            count += size
    drawn = ancestors["ancestor_id"].isin(test_families)
    orders = read_csv(raw / "train_orders.csv")
    train, test = (orders[orders["id"].isin(ancestors["id"][part])] for part in (~drawn, drawn))
    if len(test) != TEST_SIZE or drawn.sum() != TEST_SIZE:
        raise HarnessError(f"{raw}: {len(test)} test notebooks where {TEST_SIZE} are expected: are the data complete?")
    link_each(ancestors["id"][~drawn] + ".json", raw / "train", public / "train")
    link_each(test["id"] + ".json", raw / "train", public / "test")
    cells = [" ".join(read_json(raw / "train" / f"{notebook}.json")["cell_type"]) for notebook in test["id"]]
    write_csv(train, public / "train_orders.csv")
    write_csv(ancestors[~drawn], public / "train_ancestors.csv")
    write_csv(test.assign(cell_order=cells), public / "sample_submission.csv")
    write_csv(test, private / "test_orders.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Kendall's tau of all notebooks together; each prediction must hold the cells of its notebook, each once."""
    require_columns(submission, ["id", "cell_order"])
    given = [text.split() for text in strings(align(submission, answers, "id")["cell_order"])]
    truth = [text.split() for text in strings(answers["cell_order"])]
    for notebook, right, cells in zip(answers["id"], truth, given, strict=True):
        if len(cells) != len(right):
            raise InvalidSubmissionError(f"notebook {notebook!r} has {len(right)} cells, not {len(cells)}")
        if not set(right) <= set(cells):
            raise InvalidSubmissionError(f"the cells of notebook {notebook!r} are not those of its file, each once")
    return kendall_tau(truth, given)
