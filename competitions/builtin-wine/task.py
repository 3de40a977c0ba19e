"""Wine: which of three cultivars is a wine made from, by its chemistry?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities, rows_sum_to_one
from pytest_mlebench.metrics.log_loss import log_loss
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

CULTIVARS = ["A", "B", "C"]


def make_raw(raw: Path) -> None:
    """Write data.csv from the 178 wines that scikit-learn ships."""
    from sklearn.datasets import load_wine
    from sklearn.utils import shuffle

    data = load_wine()
    values, cultivars = shuffle(data.data, data.target, random_state=178)
    columns = [
        name.replace("/", "_").replace("od280_od315_of_diluted_wines", "od280_od315") for name in data.feature_names
    ]
    table = pd.DataFrame(values, columns=columns)
    table.insert(0, "id", range(1, len(table) + 1))
    table["cultivar"] = [CULTIVARS[number] for number in cultivars]
    write_csv(table, raw / "data.csv")


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out half of the wines."""
    train, test = train_test(read_csv(raw / "data.csv"), test_size=0.5, random_state=2)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="cultivar"), public / "test.csv")
    answers = test[["id"]].copy()
    for cultivar in CULTIVARS:
        answers[cultivar] = (test["cultivar"] == cultivar).astype(int)
    write_csv(answers, private / "test.csv")
    write_csv(test[["id"]].assign(A=0.33, B=0.4, C=0.27), public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Logarithmic loss of the probabilities of the three cultivars."""
    require_columns(submission, ["id", *CULTIVARS])
    submission = align(submission, answers, "id")
    given = probabilities(submission[CULTIVARS])
    rows_sum_to_one(given)
    return log_loss(answers[CULTIVARS].to_numpy(), given)
