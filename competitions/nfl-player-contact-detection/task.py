"""1st and Future - Player Contact Detection: which football players touch? Graded by Matthews correlation."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import labels
from pytest_mlebench.metrics.matthews import matthews
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.quick_floats import read_quick_csv
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

VIEWS = ["All29", "Endzone", "Sideline"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the plays, with their tables and videos."""
    contacts = read_quick_csv(raw / "train_labels.csv")
    drawn = train_test(contacts["game_play"].unique().tolist(), test_size=0.1)
    plays = dict(zip(("train", "test"), drawn, strict=True))
    train, test = (contacts[contacts["game_play"].isin(kept)] for kept in drawn)
    write_csv(train, public / "train_labels.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["contact_id"]].assign(contact=0), public / "sample_submission.csv")
    for name in ("baseline_helmets", "player_tracking", "video_metadata"):
        table = read_quick_csv(raw / f"train_{name}.csv")
        for part, kept in plays.items():
            write_csv(table[table["game_play"].isin(kept)], public / f"{part}_{name}.csv")
    for part, kept in plays.items():
        link_each((f"{play}_{view}.mp4" for play in kept for view in VIEWS), raw / "train", public / part)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Matthews correlation coefficient; whole numbers other than 0 and 1 count as further classes."""
    require_columns(submission, ["contact_id", "contact"])
    submission = align(submission, answers, "contact_id")
    return matthews(answers["contact"].to_numpy(), labels(submission["contact"]))
