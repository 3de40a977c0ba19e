"""A directory as a user has it: a conftest.py with agents of their own and a small competition of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CONFTEST = '''
from pathlib import Path
from pytest_mlebench import Agent

HERE = Path(__file__).parent

def pytest_mlebench_competition_folders():
    return [HERE / "own"]

def sh(name, script, **more):
    return Agent(name=name, command=["sh", "-c", script], **more)


def rows(right):
    """A submission with the first `right` of ten answers right."""
    return "; ".join(["echo id,y > $MLEBENCH_SUBMISSION_DIR/submission.csv"] + [
        f"echo {i},{i % 2 if i < right else 1 - i % 2} >> $MLEBENCH_SUBMISSION_DIR/submission.csv" for i in range(10)])

def pytest_mlebench_agents():
    return [
        sh("perfect", rows(10)),
        sh("silver", rows(9)),
        sh("bronze", rows(8)),
        sh("better_than_half", rows(6)),
        sh("poor", rows(2)),
        sh("invalid", "echo id,z > $MLEBENCH_SUBMISSION_DIR/submission.csv"),
        sh("lazy", "exit 3"),
        sh("by_seed", 'if [ $MLEBENCH_SEED = 0 ]; then ' + rows(10) + '; else ' + rows(2) + '; fi'),
        sh("echo", 'echo "steps=$MLEBENCH_OPTION_STEPS model=$MLEBENCH_OPTION_MODEL_NAME"',
           options={"steps": 5, "model-name": "m"}),
        sh("environment", "env | sort", env=("SECRET_TOKEN",)),
        sh("sleeper", rows(8) + "; echo asleep; sleep 600"),
    ]
'''

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


class Directory:
    """What a test does in the user's directory."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path
        self.pytester.makeconftest(CONFTEST)
        self.add_competition("toy")

    def add_competition(self, name: str, complexity: str = "low", source: str = "builtin", task: str = TASK) -> Path:
        folder = self.path / "own" / name
        folder.mkdir(parents=True)
        (folder / "competition.toml").write_text(TOML.format(id=name, complexity=complexity, source=source))
        (folder / "task.py").write_text(task)
        (folder / "description.md").write_text("Predict y for each id.")
        (folder / "description_obfuscated.md").write_text("Predict.")
        (folder / "leaderboard.csv").write_text(
            "score\n" + "\n".join(["0.95", "0.9", "0.8", "0.8", *["0.5"] * 6]) + "\n"
        )
        return folder

    def run(self, agent: str, *args: str, k: str = "toy") -> pytest.RunResult:
        return self.pytester.runpytest(
            f"--mlebench-agent={agent}", "--mlebench-sandbox=process", *(["-k", k] if k else []), *args
        )

    def run_folder(self) -> Path:
        (run,) = (self.path / "runs").iterdir()
        return run


@pytest.fixture
def directory(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Directory:
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "160")
    yield Directory(pytester)
    shutil.rmtree(pytester.path / "cache", ignore_errors=True)
