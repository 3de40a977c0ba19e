"""grading_report.json: a run in the form that the public leaderboard takes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.files import write_json
from pytest_mlebench.reporting.summary import Summary

__all__ = ["grading_report", "write_grading_report"]


def grading_report(records: Iterable[AttemptRecord], run: Path) -> dict[str, Any]:
    """The report on the attempts of `run`, its folder; plain JSON values, null for what is not known.

    Attempts that ended in an error of the harness are not the agent's and are left out, and so are those on repaired
    data beside others. `submission_path` starts with
    the run folder's name, so that it says nothing of the machine; null where there is no submission. Each medal counts
    once: `total_bronze_medals` does not hold silver and gold.
    """
    summary = Summary(list(records))
    shares = summary.overall.shares
    return {
        "total_runs": summary.overall.attempts,
        "total_runs_with_submissions": shares["submitted"].count,
        "total_valid_submissions": shares["valid"].count,
        "total_medals": shares["any_medal"].count,
        "total_gold_medals": shares["gold"].count,
        "total_silver_medals": shares["silver"].count,
        "total_bronze_medals": shares["bronze"].count,
        "total_above_median": shares["above_median"].count,
        "competition_reports": [_competition_report(record, run.name) for record in summary.counted],
    }


def write_grading_report(path: Path, records: Iterable[AttemptRecord], run: Path) -> None:
    """Write `grading_report` to `path`, whole or not at all; raises OSError as the file system does."""
    write_json(path, grading_report(records, run))


def _competition_report(record: AttemptRecord, run: str) -> Mapping[str, Any]:
    folder = PurePosixPath(run, record.folder or f"{record.competition}/seed-{record.seed}")
    return {
        "competition_id": record.competition,
        "score": record.score,
        "gold_threshold": record.gold,
        "silver_threshold": record.silver,
        "bronze_threshold": record.bronze,
        "median_threshold": record.median,
        "any_medal": record.medal is not None,
        "gold_medal": record.medal == "gold",
        "silver_medal": record.medal == "silver",
        "bronze_medal": record.medal == "bronze",
        "above_median": record.above_median,
        "submission_exists": record.submitted,
        "valid_submission": record.valid,
        "is_lower_better": record.lower_is_better,
        "created_at": record.created_at,
        "submission_path": str(folder / "submission" / "submission.csv") if record.submitted else None,
    }
