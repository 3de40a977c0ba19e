"""Breast cancer: is a breast mass malignant, from measurements of its cell nuclei?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def make_raw(raw: Path) -> None:
    """Write data.csv from the 569 cases that scikit-learn ships."""
    from sklearn.datasets import load_breast_cancer
    from sklearn.utils import shuffle

    data = load_breast_cancer()
    values, labels = shuffle(data.data, data.target, random_state=569)
    table = pd.DataFrame(values, columns=[str(name).replace(" ", "_") for name in data.feature_names])
    table.insert(0, "id", range(1, len(table) + 1))
    table["malignant"] = 1 - labels  # scikit-learn has 0 for malignant
    write_csv(table, raw / "data.csv")


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out half of the cases."""
    train, test = train_test(read_csv(raw / "data.csv"), test_size=0.5, random_state=4)
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns="malignant"), public / "test.csv")
    write_csv(test[["id", "malignant"]], private / "test.csv")
    write_csv(test[["id"]].assign(malignant=0.5), public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Area under the ROC curve of the probability that a mass is malignant."""
    require_columns(submission, ["id", "malignant"])
    submission = align(submission, answers, "id")
    return roc_auc(answers["malignant"].to_numpy(), probabilities(submission["malignant"]))
