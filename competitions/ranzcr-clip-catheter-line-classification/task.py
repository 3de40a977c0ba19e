"""RANZCR CLiP: which catheters are in a chest X-ray, and are they well placed? Graded by mean column-wise ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import mean_roc_auc
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

ID, PATIENT = "StudyInstanceUID", "PatientID"
# As published, only nine of the eleven labels are asked for.
SCORED = ["ETT - Abnormal", "ETT - Borderline", "ETT - Normal"]
SCORED += ["NGT - Abnormal", "NGT - Borderline", "NGT - Incompletely Imaged", "NGT - Normal"]
SCORED += ["CVC - Abnormal", "CVC - Borderline"]
ALL = [*SCORED, "CVC - Normal", "Swan Ganz Catheter Present"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the labelled images."""
    train, test = train_test(read_csv(raw / "train.csv"), test_size=0.1)
    annotations = read_csv(raw / "train_annotations.csv")
    write_csv(train, public / "train.csv")
    write_csv(annotations[annotations[ID].isin(train[ID])], public / "train_annotations.csv")
    write_csv(test[[ID]].assign(**dict.fromkeys(SCORED, 0)), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    link_each(train[ID] + ".jpg", raw / "train", public / "train")
    link_each(test[ID] + ".jpg", raw / "train", public / "test")


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, but all eleven labels are asked for; the answers hold nothing else, which tells `grade` so."""
    prepare(raw, public, private)
    answers = read_csv(private / "test.csv").drop(columns=PATIENT)
    write_csv(answers[[ID]].assign(**dict.fromkeys(ALL, 0)), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over the labels of the area under the ROC curve."""
    labels = SCORED if PATIENT in answers else ALL
    require_columns(submission, labels)
    submission = align(submission, answers, ID)
    return mean_roc_auc(answers[labels].to_numpy(), probabilities(submission[labels]))
