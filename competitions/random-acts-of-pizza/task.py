"""Random Acts of Pizza: is a request for a free pizza successful? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.archives import zip_files
from pytest_mlebench.preparing.json_files import read_json, write_json
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

ID, TARGET = "request_id", "requester_received_pizza"
Request = dict[str, Any]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out as large a share of the labelled requests as the original test set was of all requests."""
    _prepare(raw, public, private, withheld=())


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, but without the giver's name in the test data, which is known only where a pizza was given."""
    _prepare(raw, public, private, withheld=("giver_username_if_known",))


def _prepare(raw: Path, public: Path, private: Path, withheld: tuple[str, ...]) -> None:
    labelled: list[Request] = read_json(raw / "train.json")
    unlabelled: list[Request] = read_json(raw / "test.json")
    train, test = train_test(labelled, test_size=len(unlabelled) / (len(labelled) + len(unlabelled)))
    fields = [name for name in unlabelled[0] if name not in withheld]
    shown = [{name: request[name] for name in fields} for request in test]
    for name, requests in (("train", train), ("test", shown)):
        write_json(requests, public / f"{name}.json", indent=4)
        zip_files([(public / f"{name}.json", f"{name}.json")], public / f"{name}.zip")
    answers = pd.DataFrame({ID: [request[ID] for request in test], TARGET: [int(request[TARGET]) for request in test]})
    write_csv(answers.assign(**{TARGET: 0}), public / "sampleSubmission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Area under the ROC curve of the probabilities."""
    require_columns(submission, [ID, TARGET])
    submission = align(submission, answers, ID)
    return roc_auc(answers[TARGET].to_numpy(), probabilities(submission[TARGET]))
