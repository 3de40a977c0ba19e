"""Outcomes: which tier an attempt earned, whether that passes, and how pytest shows it."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_mlebench.attempts.record import TIERS, AttemptRecord, Outcome
from pytest_mlebench.options import Require
from pytest_mlebench.quantities import format_size

__all__ = ["check_earned", "one_line", "teststatus"]

_REQUIRED: dict[Require, Outcome] = {
    "gold": "gold",
    "silver": "silver",
    "bronze": "bronze",
    "median": "above_median",
    "valid": "valid",
}
_WORDS: dict[Outcome, str] = {
    "gold": "GOLD",
    "silver": "SILVER",
    "bronze": "BRONZE",
    "above_median": "ABOVE MEDIAN",
    "valid": "NO MEDAL",
    "invalid": "INVALID",
    "no_submission": "NO SUBMISSION",
    "error": "ERROR",
}
_PASSED_LETTERS = {"gold": "G", "silver": "S", "bronze": "B"}
_FAILED_LETTERS = {
    "gold": "g",
    "silver": "s",
    "bronze": "b",
    "above_median": "m",
    "valid": "n",
    "invalid": "i",
    "no_submission": "-",
}
_MARKUP = {
    "gold": {"yellow": True, "bold": True},
    "silver": {"white": True, "bold": True},
    "bronze": {"yellow": True},
}


def earned(record: AttemptRecord, require: Require) -> bool:
    """Whether the attempt earned the required tier or a better one."""
    return record.outcome in TIERS[: TIERS.index(_REQUIRED[require]) + 1]


def check_earned(record: AttemptRecord, require: Require) -> None:
    """Fail the test, with one line and no traceback, where the attempt did not earn what is required."""
    if not earned(record, require):
        text = one_line(record)
        if record.outcome in ("gold", "silver", "bronze"):
            text += f"; {require} is required"
        pytest.fail(text, pytrace=False)


def one_line(record: AttemptRecord) -> str:
    """What became of the attempt: outcome, score, thresholds, rank, and the reason where there is one."""
    text = _WORDS[record.outcome]
    if record.score is not None:
        text += f": score {record.score:.5g}" if abs(record.score) >= 1e5 else f": score {record.score:.5f}"
        text += f", rank {record.rank} of {record.teams}"
    if record.reason:
        text += f": {record.reason}"
    if record.valid:
        better = "lower" if record.lower_is_better else "higher"
        thresholds = ((name, getattr(record, name)) for name in ("bronze", "silver", "gold", "median"))
        shown = ", ".join(f"{name} {value:g}" for name, value in thresholds if value is not None)
        text += f" ({shown}; {better} is better)"
    if record.timed_out:
        text += "; ended at the time limit"
    if record.ended_early:
        text += f"; {record.ended_early}"
    if record.out_of_memory:
        text += f"; killed for memory (limit {format_size(record.memory)})" if record.memory else "; killed for memory"
    elif record.outcome == "no_submission" and record.exit_status:
        text += f"; the agent exited with status {record.exit_status}"
    if record.outcome == "no_submission" and record.folder:
        text += f"; see {record.folder}/agent.log"
    return text


def teststatus(report: pytest.TestReport | pytest.CollectReport) -> tuple[str, str, Any] | None:
    """Category, letter and word of an attempt's report, for ``pytest_report_teststatus``; None to leave it be.

    Only passes get categories of their own: pytest's failure sections show what is in "failed".
    """
    if str(report.when if isinstance(report, pytest.TestReport) else "") == "???":
        # A worker of pytest-xdist died with the attempt: that is not the agent's failure.
        return "error", "E", "ERROR"
    facts = getattr(report, "mlebench", None)
    if facts is None or getattr(report, "when", None) != "call":
        return None
    outcome: Outcome = facts["outcome"]
    if report.passed:
        letter = _PASSED_LETTERS.get(outcome, ".")
        category = outcome if outcome in _PASSED_LETTERS else "passed"
        return category, letter, (_WORDS[outcome], _MARKUP.get(outcome, {"green": True}))
    if report.failed:
        return "failed", _FAILED_LETTERS.get(outcome, "F"), _WORDS[outcome]
    return None
