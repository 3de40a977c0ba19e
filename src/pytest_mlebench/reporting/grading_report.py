"""grading_report.json: a run in the form that the public leaderboard takes, written, and read from anybody's."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any, get_args

from pytest_mlebench import catalog
from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.competition import Competition
from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.files import write_json
from pytest_mlebench.grading.grade import Medal
from pytest_mlebench.reporting.summary import Summary

__all__ = ["UNKNOWN", "grading_report", "read_grading_report", "write_grading_report"]

UNKNOWN = "unknown"
"""Complexity and category of a competition that is not in the catalog."""

_LARGEST = 64 << 20
"""Bytes; an attempt takes about 700."""
_MEDALS: tuple[Medal, ...] = get_args(Medal)
_FLAGS = ("gold_medal", "silver_medal", "bronze_medal", "any_medal", "above_median")
_LONGEST_ID = 200
_NAMED = 5


def grading_report(records: Iterable[AttemptRecord], run: Path) -> dict[str, Any]:
    """The report on the attempts of `run`, its folder; plain JSON values, null for what is not known.

    Attempts that ended in an error of the harness are not the agent's and are left out, and so are those on repaired
    data beside others. `submission_path` starts with the run folder's name, so that it says nothing of the machine;
    null where there is no submission. Each medal counts once: `total_bronze_medals` does not hold silver and gold.
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


def read_grading_report(path: Path, agent: str | None = None) -> tuple[list[AttemptRecord], list[str]]:
    """The attempts in the report, and a line for each thing in it that is odd.

    Only competition_id is needed of an entry. Seeds are numbered, from 0, in the order of a competition's entries.
    What an entry says it earned counts; where it does not say, its score earns what it earns on the leaderboard here.
    Complexity, category, and the rank come from the catalog; `agent` is the file's name without ending unless given.
    Raises MlebenchError for a file that cannot be read, is over 64 MiB, or holds no entry that can be made sense of.
    """
    entries, warnings = _entries(path)
    seeds = Counter[str]()
    records, passed_over, silent = [], Counter[str](), 0
    for entry in entries:
        problem = _problem(entry)
        if problem is not None:
            passed_over[problem] += 1
            continue
        id = entry["competition_id"]
        record = _record(entry, seeds[id], agent or path.stem)
        silent += record.score is None and not any(key in entry for key in ("submission_exists", "valid_submission"))
        seeds[id] += 1
        records.append(record)
    warnings += [f"{path}: {_times(n)} passed over: {problem}" for problem, n in passed_over.items()]
    if not records:
        raise MlebenchError(f"{path} is no grading report: {next(iter(passed_over), 'competition_reports is empty')}")
    if silent:
        warnings.append(f"{path}: {_times(silent)} without score or submission: taken as no submission")
    if unknown := sorted({record.competition for record in records if _competition(record.competition) is None}):
        shown = ", ".join(unknown[:_NAMED]) + (f" and {len(unknown) - _NAMED} more" if len(unknown) > _NAMED else "")
        warnings.append(f"{path}: competitions that are not known here: {shown}")
    return records, warnings


def _entries(path: Path) -> tuple[list[Any], list[str]]:
    try:
        if not path.is_file():
            raise MlebenchError(f"{path} is no regular file: name a grading_report.json")
        if path.stat().st_size > _LARGEST:
            raise MlebenchError(f"{path} is too large for a grading report: over {_LARGEST >> 20} MiB")
        # Python's json writes, and others publish, NaN; it is as little a score as null is.
        value = json.loads(path.read_text(encoding="utf-8-sig"), parse_constant=lambda _: None)
    except (OSError, ValueError, RecursionError) as error:
        raise MlebenchError(f"{path} cannot be read: {error}") from None
    entries = value.get("competition_reports") if isinstance(value, dict) else None
    if not isinstance(entries, list):
        raise MlebenchError(f"{path} is no grading report: it has no list competition_reports")
    total = value.get("total_runs")
    differs = isinstance(total, int) and total != len(entries)
    return entries, [f"{path}: total_runs is {total}, but there are {len(entries)} entries"] if differs else []


def _problem(entry: Any) -> str | None:
    """Why an entry cannot be read, as a phrase; None where it can."""
    if not isinstance(entry, dict):
        return "not an object"
    id = entry.get("competition_id")
    if not isinstance(id, str) or not id or len(id) > _LONGEST_ID:
        return "competition_id is not a name"
    for name in (*_FLAGS, "submission_exists", "valid_submission", "is_lower_better"):
        if not isinstance(entry.get(name), bool | None):
            return f"{name} is not true or false"
    score = entry.get("score")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int | float)):
        return "score is not a number"
    return None


def _record(entry: Mapping[str, Any], seed: int, agent: str) -> AttemptRecord:
    competition = _competition(entry["competition_id"])
    board = competition.leaderboard if competition is not None else None
    score = _number(entry, "score")
    thresholds: dict[str, Any] = {name: _number(entry, f"{name}_threshold") for name in (*_MEDALS, "median")}
    if board is not None:
        thresholds = {name: getattr(board, name) if value is None else value for name, value in thresholds.items()}
    says = {name: entry.get(name) for name in _FLAGS}
    medal: Medal | None = next((tier for tier in _MEDALS if says[f"{tier}_medal"]), None)
    if medal is None and score is not None and (says["any_medal"] or all(says[name] is None for name in _FLAGS[:4])):
        medal = board.medal(score) if board is not None else None
    if medal is None and says["any_medal"]:
        medal = "bronze"
    above = says["above_median"]
    if above is None:
        above = board.above_median(score) if board is not None and score is not None else medal is not None
    valid, exists = entry.get("valid_submission"), entry.get("submission_exists")
    if valid is None:
        valid = exists is not False and (score is not None or medal is not None)
    outcome: Outcome = "valid"
    if not valid:
        outcome, medal, above, score = "invalid" if exists else "no_submission", None, False, None
    elif medal is not None:
        outcome = medal
    elif above:
        outcome = "above_median"
    created_at = entry.get("created_at")
    lower_is_better = entry.get("is_lower_better")
    return AttemptRecord(
        competition=entry["competition_id"],
        complexity=competition.complexity if competition is not None else UNKNOWN,
        category=competition.category if competition is not None else UNKNOWN,
        seed=seed,
        agent=agent,
        outcome=outcome,
        score=score,
        medal=medal,
        above_median=above,
        lower_is_better=board.lower_is_better if board is not None and lower_is_better is None else lower_is_better,
        rank=board.rank(score) if board is not None and score is not None else None,
        teams=board.teams if board is not None else None,
        created_at=created_at if isinstance(created_at, str) else None,
        problems=tuple(competition.serious_problems()) if competition is not None else (),
        **thresholds,
    )


def _number(entry: Mapping[str, Any], name: str) -> float | None:
    value = entry.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


@cache
def _competition(id: str) -> Competition | None:
    try:
        return catalog.get(id)
    except UnknownNameError:
        return None


def _times(number: int) -> str:
    return "1 entry" if number == 1 else f"{number} entries"
