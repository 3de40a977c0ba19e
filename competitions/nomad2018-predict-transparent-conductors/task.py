"""Nomad2018: what are formation energy and band gap of a material? Graded by mean column-wise RMSLE."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_length
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.rmsle import rmsle
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

TARGETS = ["formation_energy_ev_natom", "bandgap_energy_ev"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled materials; in both parts ids, and so geometries, are numbered anew from 1."""
    with Archive(raw / "train.csv.zip") as archive:
        parts = train_test(archive.read_csv("train.csv"), test_size=0.1)
    train, test = (part.assign(id=np.arange(1, len(part) + 1)) for part in parts)
    with Archive(raw / "train.zip") as archive:
        for name, part in zip(("train", "test"), parts, strict=True):
            for new, old in enumerate(part["id"], 1):
                (public / name / str(new)).mkdir(parents=True)
                archive.extract(f"train/{old}/geometry.xyz", public / name / str(new) / "geometry.xyz")
    write_csv(train, public / "train.csv")
    write_csv(test.drop(columns=TARGETS), public / "test.csv")
    constants = {"formation_energy_ev_natom": 0.1779, "bandgap_energy_ev": 1.8892}
    write_csv(test[["id"]].assign(**constants), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean of the two columns' RMSLE; as in the published grader, rows count by position and ids are ignored."""
    require_columns(submission, TARGETS)
    same_length(submission, answers)
    predicted = numbers(submission[TARGETS])
    if (predicted < 0).any():
        raise InvalidSubmissionError(f"energies must not be negative: the lowest is {predicted.min():.6g}")
    truth = answers[TARGETS].to_numpy()
    return float(np.mean([rmsle(*column) for column in zip(truth.T, predicted.T, strict=True)]))
