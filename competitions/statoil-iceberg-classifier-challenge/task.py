"""Statoil/C-CORE Iceberg Classifier: is a radar target an iceberg or a ship? Graded by log loss."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.log_loss import binary_log_loss
from pytest_mlebench.preparing.json_files import read_json, write_json
from pytest_mlebench.preparing.seven_zip import pack_7z, unpack_7z
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

Target = dict[str, Any]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the labelled targets, with the fields that the original test data have."""
    with TemporaryDirectory(dir=private) as folder:
        unpacked = Path(folder)
        for name in ("train", "test"):
            unpack_7z(raw / f"{name}.json.7z", unpacked)
        targets: list[Target] = read_json(unpacked / "data/processed/train.json")
        fields = _fields(unpacked / "data/processed/test.json")
        train, test = train_test(targets, test_size=0.2)
        shown = [{field: target[field] for field in fields} for target in test]
        for name, part in (("train", train), ("test", shown)):
            write_json(part, unpacked / f"{name}.json")
            pack_7z({f"{name}.json": unpacked / f"{name}.json"}, public / f"{name}.json.7z")
    answers = pd.DataFrame([(target["id"], target["is_iceberg"]) for target in test], columns=["id", "is_iceberg"])
    sample = private / "sample_submission.csv"
    write_csv(answers.assign(is_iceberg=0.5), sample)
    pack_7z({"sample_submission.csv": sample}, public / "sample_submission.csv.7z")
    write_csv(answers, private / "test.csv")


def _fields(path: Path) -> list[str]:
    """The fields of the first target in a list that would fill gigabytes of memory."""
    with path.open(encoding="utf-8") as file:
        head = file.read(2**20)
    return list(json.JSONDecoder().raw_decode(head, head.index("{"))[0])


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss of the probabilities of an iceberg."""
    require_columns(submission, ["id", "is_iceberg"])
    submission = align(submission, answers, "id")
    return binary_log_loss(answers["is_iceberg"].to_numpy(), probabilities(submission["is_iceberg"]))
