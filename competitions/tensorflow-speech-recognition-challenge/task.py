"""TensorFlow Speech Recognition Challenge: which command word does a clip hold? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.placing import link_as
from pytest_mlebench.preparing.seven_zip import unpack_7z
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

COMMANDS = ["yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the recordings, file by file; the label is the name of the folder."""
    with TemporaryDirectory(dir=private) as unpacked:
        unpack_7z(raw / "train.7z", Path(unpacked))
        audio = Path(unpacked, "train", "audio")
        clips = sorted(audio.rglob("*.wav"), key=lambda clip: f"{clip.parent.name}_{clip.name}")
        train, test = train_test(clips, test_size=0.1)
        names = [f"clip_{number:08d}.wav" for number in range(len(test))]
        for part, files, targets in (
            ("train", train, [f"{clip.parent.name}/{clip.name}" for clip in train]),
            ("test", test, names),
        ):
            sources = (str(clip.relative_to(audio)) for clip in files)
            link_as(zip(sources, targets, strict=True), audio, public / part / "audio")
    answers = pd.DataFrame({"fname": names, "label": [clip.parent.name for clip in test]})
    write_csv(answers.assign(label="silence"), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, but the answers are the twelve labels of the event."""
    prepare(raw, public, private)
    answers = read_csv(private / "test.csv")
    labels = {"_background_noise_": "silence", **{command: command for command in COMMANDS}}
    write_csv(answers.assign(label=answers["label"].map(labels).fillna("unknown")), private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Accuracy; any text is a label."""
    require_columns(submission, ["fname", "label"])
    return accuracy(answers["label"], align(submission, answers, "fname")["label"])
