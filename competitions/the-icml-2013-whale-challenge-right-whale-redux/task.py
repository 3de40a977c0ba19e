"""Right Whale Redux: does a clip of underwater sound hold the call of a right whale? Graded by ROC AUC."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.archives import Archive
from pytest_mlebench.preparing.tables import write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out the later two of the four days; clips are numbered anew, and test names end before the label."""
    with Archive(raw / "train2.zip") as archive:
        clips = archive.names("train2")
        days = sorted({clip.split("_")[0] for clip in clips})
        if len(days) != 4:
            raise HarnessError(f"{archive.path}: clips of {len(days)} days instead of 4: is it the right download?")
        train = [clip for clip in clips if clip.split("_")[0] in days[:2]]
        test = [clip for clip in clips if clip.split("_")[0] in days[2:]]
        numbered = [re.sub(r"TRAIN\d+", f"TRAIN{number}", clip) for number, clip in enumerate(train)]
        hidden = [clip.partition("TRAIN")[0] + f"Test{number}.aif" for number, clip in enumerate(test)]
        for part, old, new in (("train2", train, numbered), ("test2", test, hidden)):
            names = [(f"train2/{before}", f"{part}/{after}") for before, after in zip(old, new, strict=True)]
            archive.repack(names, public / f"{part}.zip")
    answers = pd.DataFrame({"clip": hidden, "probability": [int(Path(clip).stem.endswith("_1")) for clip in test]})
    write_csv(answers.assign(probability=0), public / "sampleSubmission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """ROC AUC over all clips."""
    require_columns(submission, ["clip", "probability"])
    submission = align(submission, answers, "clip")
    return roc_auc(answers["probability"].to_numpy(), probabilities(submission["probability"]))
