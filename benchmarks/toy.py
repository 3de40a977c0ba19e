"""A directory with a toy competition and a trivial agent, for benchmarks of what surrounds attempts."""

from __future__ import annotations

from pathlib import Path

__all__ = ["make_directory"]

CONFTEST = """
from pathlib import Path
from pytest_mlebench import Agent

def pytest_mlebench_competition_folders():
    return [Path(__file__).parent / "own"]

def pytest_mlebench_agents():
    script = {script!r}
    return [Agent(name="trivial", command=["sh", "-c", script], uses_gpu=False)]
"""
TOML = """
id = "{id}"
title = "Toy"
category = "tabular"
complexity = "low"
source = "builtin"
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
    table.assign(y=0).to_csv(public / "sample_submission.csv", index=False)

def grade(submission, answers):
    if list(submission.columns) != ["id", "y"] or len(submission) != len(answers):
        raise InvalidSubmissionError("not as it should be")
    return float((submission["y"].to_numpy() == answers["y"].to_numpy()).mean())
"""
LEADERBOARD = "score\n" + "\n".join(["0.95", "0.9", "0.8", "0.8", *["0.5"] * 6]) + "\n"
SUBMIT = 'cp "$MLEBENCH_DATA_DIR/sample_submission.csv" "$MLEBENCH_SUBMISSION_DIR/submission.csv"'


def make_directory(folder: Path, competitions: int, script: str = SUBMIT) -> list[str]:
    """Make `folder` a directory with an agent `trivial` that runs `script`, and competitions toy-00, toy-01, ..."""
    (folder / "conftest.py").write_text(CONFTEST.format(script=script))
    return [make_competition(folder / "own", f"toy-{i:02d}") for i in range(competitions)]


def make_competition(parent: Path, name: str) -> str:
    """Make one competition below `parent`; its id."""
    own = parent / name
    own.mkdir(parents=True)
    (own / "competition.toml").write_text(TOML.format(id=name))
    (own / "task.py").write_text(TASK)
    (own / "description.md").write_text("Predict y for each id.")
    (own / "description_obfuscated.md").write_text("Predict.")
    (own / "leaderboard.csv").write_text(LEADERBOARD)
    return name
