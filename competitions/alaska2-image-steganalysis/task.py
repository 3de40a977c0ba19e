"""ALASKA2: how likely is data hidden in the image? Graded by a ROC AUC that weighs few false alarms double."""

from __future__ import annotations

import random
from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import numbers
from pytest_mlebench.metrics.weighted_roc_auc import weighted_roc_auc
from pytest_mlebench.preparing.placing import link_as
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

HIDING = ["JMiPOD", "JUNIWARD", "UERD"]
TEST_IMAGES = 5000


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 5000 pictures, each either as it was or with data hidden in one of three ways."""
    pictures = sorted(path.name for path in (raw / "Cover").glob("*.jpg"))
    train, test = train_test(pictures, test_size=TEST_IMAGES, random_state=42)
    for folder in ("Cover", *HIDING):
        link_as(((name, f"{n:05d}.jpg") for n, name in enumerate(train, 1)), raw / folder, public / folder)
    draws = random.Random(0)
    draws.shuffle(test)
    sources = ["Cover" if draws.choice([True, False]) else draws.choice(HIDING) for _ in test]
    answers = pd.DataFrame(
        {
            "Id": [f"{n:04d}.jpg" for n in range(1, len(test) + 1)],
            "Label": [int(source in HIDING) for source in sources],
        }
    )
    origins = (f"{source}/{name}" for source, name in zip(sources, test, strict=True))
    link_as(zip(origins, answers["Id"], strict=True), raw, public / "Test")
    write_csv(answers.assign(Label=0), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Weighted ROC AUC of scores, which may be any finite numbers."""
    require_columns(submission, ["Id", "Label"])
    scores = numbers(align(submission, answers, "Id")["Label"], cast=True)
    return weighted_roc_auc(answers["Label"].to_numpy(), scores, levels=[0, 0.4, 1], weights=[2, 1])
