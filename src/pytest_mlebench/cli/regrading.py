"""Submissions that a run or a list names, their grades, and the report on them."""

from __future__ import annotations

import datetime
import json
import os
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import typer

from pytest_mlebench.attempts.judging import judged, unjudged
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.cli.asking import find_competition
from pytest_mlebench.cli.errors import complain
from pytest_mlebench.competition import Competition
from pytest_mlebench.data.store import DataStore, PreparedData
from pytest_mlebench.errors import HarnessError, UnknownNameError
from pytest_mlebench.grading.service import GradingService
from pytest_mlebench.reporting.grading_report import grading_report
from pytest_mlebench.reporting.reading import read_records
from pytest_mlebench.reporting.summary import Summary

__all__ = ["Entry", "entries", "graded", "report"]


@dataclass(frozen=True)
class Entry:
    """One submission to grade."""

    competition: Competition
    submission: Path | None
    """Where it is or should be; None where the list names none."""
    shown_path: str | None
    """The path as the report gives it; None to leave that to the report."""
    record: AttemptRecord
    """What is known of the attempt beside its grade."""


def entries(source: Path) -> list[Entry]:
    """The submissions that a run folder (or the name of one below runs/) or a JSON lines file names.

    Raises typer.BadParameter for what is neither, or for a line that says nothing, with its number.
    """
    run = source if source.exists() else Path("runs") / source
    if run.is_dir():
        return _of_run(run)
    if not source.is_file():
        raise typer.BadParameter(f"there is no run and no file {source}", param_hint="RUN|FILE.jsonl")
    return _of_file(source)


def _of_run(run: Path) -> list[Entry]:
    records, warnings = read_records(run)
    for warning in warnings:
        complain(warning)
    if not records:
        raise HarnessError(f"{run} holds no finished attempt: is it the folder of a run?")
    find = cache(find_competition)
    return [
        Entry(
            find(record.competition),
            run / (record.folder or f"{record.competition}/seed-{record.seed}") / "submission" / "submission.csv",
            None,
            record,
        )
        for record in records
    ]


def _of_file(file: Path) -> list[Entry]:
    find, seeds = cache(find_competition), Counter[str]()
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    found = []
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8 text", param_hint="FILE.jsonl") from error
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        id, path = _fields(line, f"{file}, line {number}")
        try:
            competition = find(id)
        except UnknownNameError as error:
            raise typer.BadParameter(f"{file}, line {number}: {error}", param_hint="FILE.jsonl") from None
        record = replace(unjudged(competition, seeds[id], file.stem), created_at=now)
        seeds[id] += 1
        found.append(Entry(competition, (file.parent / path).absolute() if path else None, path, record))
    if not found:
        raise typer.BadParameter(f"{file} names no submission", param_hint="FILE.jsonl")
    return found


def _fields(line: str, where: str) -> tuple[str, str | None]:
    """competition_id and submission_path of a line."""
    hint = 'write it as {"competition_id": "spaceship-titanic", "submission_path": "submission.csv"}'
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("competition_id"), str):
        raise typer.BadParameter(f"{where}: {hint}", param_hint="FILE.jsonl")
    path = value.get("submission_path")
    if path is not None and (not isinstance(path, str) or "\0" in path):
        raise typer.BadParameter(f"{where}: submission_path is not a path; {hint}", param_hint="FILE.jsonl")
    return value["competition_id"], path or None


def graded(todo: Sequence[Entry], store: DataStore, jobs: int) -> list[AttemptRecord]:
    """The records with their grades, in order, `jobs` at a time.

    A grader that is broken makes its record an error; raises HarnessError before anything is graded where the data of
    a competition is not prepared (that of builtin ones is prepared now).
    """
    needed = sorted({(entry.competition, entry.record.fixed) for entry in todo}, key=lambda pair: pair[0].id)
    for fixed, option in ((False, ""), (True, "--fixed ")):
        missing = {c.id for c, f in needed if f is fixed and c.source != "builtin" and not store.prepared(c, fixed=f)}
        if missing:
            command = f"mlebench prepare {option}{' '.join(sorted(missing))}"
            raise HarnessError(f"data that is needed is not prepared; this does that: {command}")
    data = {(each.id, fixed): store.prepare(each, fixed=fixed) for each, fixed in needed}
    with GradingService(processes=jobs) as service, ThreadPoolExecutor(jobs) as pool:
        try:
            return list(
                pool.map(lambda entry: _graded(entry, data[entry.competition.id, entry.record.fixed], service), todo)
            )
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            service.close()
            raise


def _graded(entry: Entry, data: PreparedData, service: GradingService) -> AttemptRecord:
    if entry.submission is None or not os.path.lexists(entry.submission):
        # What the harness spoilt stays its error.
        return entry.record if entry.record.outcome == "error" else judged(entry.record, None)
    try:
        return judged(entry.record, service.grade(entry.competition.folder, entry.submission, data.private))
    except HarnessError as error:
        return replace(judged(entry.record, None), outcome="error", reason=str(error))


def report(todo: Sequence[Entry], records: Sequence[AttemptRecord]) -> dict[str, Any]:
    """The grading report; submissions of a list keep the paths that the list gives them."""
    run = Path(records[0].agent)
    if todo[0].shown_path is None and todo[0].submission is not None:
        run = todo[0].submission.parents[3]
    value = grading_report(records, run)
    paths = {(entry.record.competition, entry.record.seed): entry.shown_path for entry in todo}
    for one, record in zip(value["competition_reports"], Summary(list(records)).counted, strict=True):
        if path := paths[record.competition, record.seed]:
            one["submission_path"] = path
    return value
