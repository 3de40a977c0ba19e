"""Cdiscount: which of over 5000 categories is the product in the images? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.extras import load
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.bson_files import count_documents, documents
from pytest_mlebench.preparing.counting import counted
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

EXAMPLES = 100


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled products, whose files keep the order of the download."""
    bson = load("bson")
    count = count_documents(raw / "train.bson")
    is_test = np.zeros(count, dtype=bool)
    is_test[train_test(np.arange(count), test_size=0.1)[1]] = True
    rows, examples = [], 0
    with (
        (public / "train.bson").open("xb") as train,
        (public / "train_example.bson").open("xb") as example,
        (public / "test.bson").open("xb") as test,
    ):
        for n, document in zip(
            counted(range(count), "dividing train.bson"), documents(raw / "train.bson"), strict=False
        ):
            if is_test[n]:
                product = bson.decode(document)
                rows.append((product["_id"], product.pop("category_id")))
                test.write(bson.encode(product))
                continue
            train.write(document)
            if examples < EXAMPLES:
                example.write(document)
                examples += 1
    link_each(["category_names.csv"], raw, public)
    answers = pd.DataFrame(rows, columns=["_id", "category_id"]).sort_values("_id")
    write_csv(answers.assign(category_id=1000010653), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Accuracy; as in the published grader, text is no category and so scores 0."""
    require_columns(submission, ["category_id", "_id"])
    submission = align(submission, answers, "_id")
    return accuracy(answers["category_id"], submission["category_id"])
