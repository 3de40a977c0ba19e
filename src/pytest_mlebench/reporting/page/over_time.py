"""What the attempts of a run would have earned, had they ended earlier: from the grades of their snapshots."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.quantities import format_duration
from pytest_mlebench.reporting.table import Cell, Column, Table

__all__ = ["Moment", "moments_table", "over_time"]

_MEDALS = ("gold", "silver", "bronze")
_MOST = 24


@dataclass(frozen=True)
class Moment:
    """Percent of all attempts that had something by then; what one had when it ended it keeps."""

    hours: float
    submitted: float
    valid: float
    any_medal: float


def over_time(records: Sequence[AttemptRecord]) -> list[Moment]:
    """Shares at up to 24 even marks until the last attempt ended; empty where no attempt has a snapshot.

    `records` are attempts without errors of the harness. Those of unknown duration count with what they had in the end.
    """
    elapsed = [each.elapsed for record in records for each in record.snapshots]
    if not elapsed:
        return []
    longest = max([*elapsed, *(record.seconds or 0.0 for record in records)])
    # Between two snapshots nothing is known, so marks are no nearer than they are.
    marks = round(min(_MOST, max(1, longest / min(elapsed))))
    courses = [_course(record) for record in records]
    made = []
    for mark in range(1, marks + 1):
        seconds = longest * mark / marks
        # A snapshot is taken a moment after its mark.
        stood = [course[bisect_right(times, seconds * 1.001 + 1)] for times, course in courses]
        shares = [100 * sum(each[i] for each in stood) / len(stood) for i in range(3)]
        made.append(Moment(seconds / 3600, *shares))
    return made


def moments_table(moments: Sequence[Moment]) -> Table:
    """A row for each moment."""
    titles = ("after", "submission %", "valid %", "any medal %")
    rows = [
        [
            Cell(format_duration(3600 * each.hours), "label"),
            *(Cell(f"{share:.1f}") for share in (each.submitted, each.valid, each.any_medal)),
        ]
        for each in moments
    ]
    return Table(title="", columns=[Column(title=title, right=True) for title in titles], rows=rows)


def _course(record: AttemptRecord) -> tuple[list[float], list[tuple[bool, bool, bool]]]:
    """Times, and what there was before the first and from each on: submitted, valid, with a medal."""
    course = [(each.elapsed, _had(each.outcome)) for each in record.snapshots]
    course.append((record.seconds or 0.0, _had(record.outcome)))
    course.sort(key=lambda each: each[0])
    return [time for time, _ in course], [(False, False, False), *(had for _, had in course)]


def _had(outcome: str) -> tuple[bool, bool, bool]:
    submitted = outcome not in ("no_submission", "error")
    return submitted, submitted and outcome != "invalid", outcome in _MEDALS
