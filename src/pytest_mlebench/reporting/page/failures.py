"""Why attempts have no grade, grouped so that one cause is read once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.reporting.table import printable
from pytest_mlebench.reporting.wording import WORDS, attempt_name, count

__all__ = ["Cause", "causes"]

_FAILURES: tuple[Outcome, ...] = ("error", "no_submission", "invalid")
_LONGEST = 300
_VARIABLE = re.compile(r"'[^']*'|\"[^\"]*\"|`[^`]*`|(?:/[^\s/:,;]+)+/?|[+-]?\d+(?:[.,]\d+)*(?:e[+-]?\d+)?")
"""What differs between attempts that failed alike: what is quoted, paths, numbers."""


@dataclass(frozen=True)
class Cause:
    """Attempts that failed alike."""

    outcome: Outcome
    text: str
    """The reason, as one of them has it."""
    varied: bool
    """Whether the others have other numbers or names in it."""
    records: Sequence[AttemptRecord]

    @property
    def title(self) -> str:
        """For a person: what they ended as, and how many."""
        kind = "error of the harness" if self.outcome == "error" else WORDS[self.outcome]
        return f"{kind}: {count(len(self.records), 'attempt')}"

    @property
    def names(self) -> list[str]:
        """Of the attempts."""
        return [printable(attempt_name(record)) for record in self.records]


def causes(records: Iterable[AttemptRecord]) -> list[Cause]:
    """The causes, errors of the harness first, then no submission, then invalid ones, the most frequent first."""
    groups: dict[tuple[Outcome, str], list[AttemptRecord]] = {}
    for record in records:
        if record.outcome in _FAILURES:
            groups.setdefault((record.outcome, _VARIABLE.sub("…", _reason(record))), []).append(record)
    made = [
        Cause(outcome, _reason(alike[0]), len({_reason(record) for record in alike}) > 1, alike)
        for (outcome, _), alike in groups.items()
    ]
    return sorted(made, key=lambda cause: (_FAILURES.index(cause.outcome), -len(cause.records), cause.text))


def _reason(record: AttemptRecord) -> str:
    if record.outcome == "no_submission":
        return _end(record)
    text = printable(record.reason or "") or "no reason was recorded"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _end(record: AttemptRecord) -> str:
    """How an attempt ended that left nothing: that there is nothing says the outcome already."""
    if record.ended_early:
        return printable(record.ended_early)[:_LONGEST]
    if record.out_of_memory:
        return "went over its memory"
    if record.timed_out:
        return "ended at the time limit"
    if record.exit_status is None:
        return "how the agent ended was not recorded"
    return f"the agent ended by itself, with exit status {record.exit_status}"
