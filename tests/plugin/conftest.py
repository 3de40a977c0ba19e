"""A directory as a user has it: a conftest.py with agents of their own and a small competition of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from ..toy import TASK, write_toy

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


class Directory:
    """What a test does in the user's directory."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        self.path: Path = pytester.path
        self.pytester.makeconftest(CONFTEST)
        self.add_competition("toy")

    def add_competition(self, name: str, complexity: str = "low", source: str = "builtin", task: str = TASK) -> Path:
        return write_toy(self.path / "own" / name, complexity, source, task)

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
