from __future__ import annotations

from pathlib import Path

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.files import write_json

OUTCOMES = {
    "G": "gold",
    "S": "silver",
    "B": "bronze",
    "m": "above_median",
    "n": "valid",
    "i": "invalid",
    "-": "no_submission",
    "E": "error",
}


def attempt(competition: str, seed: int, letter: str, **facts) -> AttemptRecord:
    """An attempt as the plugin would record it, its outcome by its letter."""
    outcome = OUTCOMES[letter]
    medal = outcome if letter in "GSB" else None
    graded = {"score": 0.98123, "rank": 12} if letter in "GSBmn" else {}
    known = {
        "complexity": "low",
        "category": "tabular",
        "agent": "baseline",
        "gold": 0.99,
        "silver": 0.985,
        "bronze": 0.97531,
        "median": 0.9,
        "lower_is_better": False,
        "above_median": letter in "GSBm",
        "teams": 1865,
        "seconds": 200.0 if letter != "E" else None,
        "created_at": "2026-01-02T03:04:05+00:00",
        "folder": f"{competition}/seed-{seed}",
    }
    if not graded:
        facts = {name: value for name, value in facts.items() if name not in ("score", "rank")}
    return AttemptRecord(
        competition=competition, seed=seed, outcome=outcome, medal=medal, **{**known, **graded, **facts}
    )


@pytest.fixture(name="attempt")
def attempt_fixture():
    return attempt


@pytest.fixture
def attempts():
    """Attempts from one word of letters a competition, e.g. ``{"wine": "GB-"}`` with seeds 0, 1, 2."""

    def make(letters: dict[str, str], **facts) -> list[AttemptRecord]:
        return [attempt(name, i, letter, **facts) for name, word in letters.items() for i, letter in enumerate(word)]

    return make


FACTS = {
    "agent": {"name": "baseline", "options": {"model": "small"}, "variables_passed": ["API_KEY"]},
    "attempts": 3,
    "sandbox": "docker",
    "description": "plain",
    "fixed": False,
    "time_limit": 86400.0,
    "budget": None,
    "cpus": 36.0,
    "memory": 440 << 30,
    "shm": None,
    "disk": None,
    "gpus": ["0"],
    "gpus_per_attempt": 1.0,
    "network": "none",
    "privileged": False,
    "machine": {"cpus": 36, "memory": 440 << 30, "gpus": ["NVIDIA A10G"], "system": "Linux"},
    "versions": {"pytest-mlebench": "0.1.0", "python": "3.11.2"},
}
"""What run.json says of a run in the setting of the published results."""


@pytest.fixture
def make_run(tmp_path):
    """Writes the folder of a run: its run.json with `FACTS` and others, and the attempts."""

    def make(name: str, records: list[AttemptRecord], *, facts: bool = True, **more) -> Path:
        run = RunFolder(tmp_path / "runs" / name)
        run.root.mkdir(parents=True)
        if facts:
            write_json(run.root / "run.json", {**FACTS, "run": name, **more})
        for record in records:
            run.attempt(record.competition, record.seed).write_record(record)
        return run.root

    return make
