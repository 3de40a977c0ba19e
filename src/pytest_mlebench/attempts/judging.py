"""From a grade to an attempt's record: thresholds, outcome, and the reason where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.leaderboard import THRESHOLDS

if TYPE_CHECKING:
    from pytest_mlebench.competition import Competition

__all__ = ["judged", "outcome_of", "unjudged"]


def unjudged(
    competition: Competition,
    seed: int,
    agent: str,
    *,
    outcome: Outcome = "no_submission",
    reason: str | None = None,
    fixed: bool = False,
) -> AttemptRecord:
    """The record of an attempt of which no grade is known, with the competition's facts and thresholds."""
    return AttemptRecord(
        competition=competition.id,
        complexity=competition.complexity,
        category=competition.category,
        seed=seed,
        agent=agent,
        outcome=outcome,
        reason=reason,
        fixed=fixed,
        problems=tuple(competition.serious_problems(fixed=fixed)),
        **competition.leaderboard.thresholds,
    )


def judged(record: AttemptRecord, grade: Grade | None) -> AttemptRecord:
    """The record with a grade, its earlier one forgotten; None where no submission was left."""
    if grade is None:
        none = "no submission/submission.csv was left"
        return replace(
            record, outcome="no_submission", reason=none, score=None, medal=None, above_median=False, rank=None
        )
    return replace(
        record,
        outcome=outcome_of(grade),
        reason=grade.reason,
        score=grade.to_json()["score"],
        medal=grade.medal,
        above_median=grade.above_median,
        rank=grade.rank,
        **{name: getattr(grade, name) for name in THRESHOLDS},
    )


def outcome_of(grade: Grade) -> Outcome:
    """What the submission earned."""
    if not grade.valid:
        return "invalid"
    return grade.medal or ("above_median" if grade.above_median else "valid")
