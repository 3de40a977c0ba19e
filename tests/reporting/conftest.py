from __future__ import annotations

import pytest

from pytest_mlebench.attempts.record import AttemptRecord

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
