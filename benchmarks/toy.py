"""A directory with a toy competition and a trivial agent, for benchmarks of what surrounds attempts."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.toy import write_toy

__all__ = ["SUBMIT", "make_directory", "write_toy"]

CONFTEST = """
from pathlib import Path
from pytest_mlebench import Agent

def pytest_mlebench_competition_folders():
    return [Path(__file__).parent / "own"]

def pytest_mlebench_agents():
    script = {script!r}
    return [Agent(name="trivial", command=["sh", "-c", script], uses_gpu=False)]
"""
SUBMIT = 'cp "$MLEBENCH_DATA_DIR/sample_submission.csv" "$MLEBENCH_SUBMISSION_DIR/submission.csv"'


def make_directory(folder: Path, competitions: int, script: str = SUBMIT) -> list[str]:
    """Make `folder` a directory with an agent `trivial` that runs `script`, and competitions toy-00, toy-01, ..."""
    (folder / "conftest.py").write_text(CONFTEST.format(script=script))
    return [write_toy(folder / "own" / f"toy-{i:02d}").name for i in range(competitions)]
