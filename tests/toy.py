"""A small competition of a user's own: ten rows, and the side that each is on."""

from __future__ import annotations

from pathlib import Path

__all__ = ["TASK", "write_toy"]

TOML = """
id = "{id}"
title = "Toy"
category = "tabular"
complexity = "{complexity}"
source = "{source}"
prize = 0
answers = "test.csv"
sample_submission = "sample_submission.csv"
[metric]
name = "accuracy"
lower_is_better = false
[md5]
[reference]
"""

TASK = """
import pandas as pd
from pytest_mlebench.errors import InvalidSubmissionError

def make_raw(raw):
    pd.DataFrame({"id": range(10), "y": [i % 2 for i in range(10)]}).to_csv(raw / "all.csv", index=False)

def prepare(raw, public, private):
    table = pd.read_csv(raw / "all.csv")
    table.to_csv(private / "test.csv", index=False)
    table.drop(columns="y").to_csv(public / "test.csv", index=False)
    table.assign(y=0).to_csv(public / "sample_submission.csv", index=False)

def grade(submission, answers):
    if list(submission.columns) != ["id", "y"]:
        raise InvalidSubmissionError("columns must be id,y")
    if len(submission) != len(answers):
        raise InvalidSubmissionError("rows differ")
    return float((submission["y"].to_numpy() == answers["y"].to_numpy()).mean())
"""


def write_toy(folder: Path, complexity: str = "low", source: str = "builtin", task: str = TASK) -> Path:
    """Make the folder, which gives the competition its id."""
    folder.mkdir(parents=True)
    (folder / "competition.toml").write_text(TOML.format(id=folder.name, complexity=complexity, source=source))
    (folder / "task.py").write_text(task)
    (folder / "description.md").write_text("Predict y for each id.")
    (folder / "description_obfuscated.md").write_text("Predict.")
    (folder / "leaderboard.csv").write_text("score\n" + "\n".join(["0.95", "0.9", "0.8", "0.8", *["0.5"] * 6]) + "\n")
    return folder
