"""How reports put outcomes, numbers and counts into words."""

from __future__ import annotations

import math

from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.reporting.summary import Share

__all__ = ["LETTERS", "WORDS", "attempt_name", "count", "mean_percent", "rank", "score"]

LETTERS: dict[Outcome, str] = {
    "gold": "G",
    "silver": "S",
    "bronze": "B",
    "above_median": "m",
    "valid": "n",
    "invalid": "i",
    "no_submission": "-",
    "error": "E",
}
"""One letter an outcome, as pytest shows them while a run goes on."""

WORDS: dict[Outcome, str] = {
    "gold": "gold",
    "silver": "silver",
    "bronze": "bronze",
    "above_median": "above median",
    "valid": "no medal",
    "invalid": "invalid",
    "no_submission": "no submission",
    "error": "error",
}

_IRREGULAR = {"has": "have", "is": "are"}


def score(value: float | None) -> str:
    """A score with up to 5 decimals and no trailing zeros; 3 digits where that would hide it; ``-`` for None."""
    if value is None:
        return "-"
    if not math.isfinite(value):
        return "not finite"
    if abs(value) >= 1e9 or 0 < abs(value) < 5e-6:
        return f"{value:.3g}"
    text = f"{value:.5f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def rank(record: AttemptRecord) -> str:
    """``12 of 1865``; ``-`` without a rank."""
    if record.rank is None:
        return "-"
    return f"{record.rank} of {record.teams}" if record.teams is not None else str(record.rank)


def count(number: int, noun: str, verb: str = "") -> str:
    """``1 attempt has``, ``2 attempts have``."""
    plural = number != 1
    words = [str(number), noun + ("s" if plural else "")]
    if verb:
        words.append(_IRREGULAR[verb] if plural else verb)
    return " ".join(words)


def mean_percent(share: Share) -> str:
    """``75.0 % ± 5.2``; without ± where there is no standard error, ``-`` where there is no attempt."""
    if share.mean is None:
        return "-"
    error = "" if share.standard_error is None else f" ± {share.standard_error:.1f}"
    return f"{share.mean:.1f} %{error}"


def attempt_name(record: AttemptRecord) -> str:
    """``spaceship-titanic-0``, as in the name of its test."""
    return f"{record.competition}-{record.seed}"
