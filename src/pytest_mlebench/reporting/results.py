"""The results of a run, or of a grading report of somebody else, read from disk; and those of several as one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.grading_report import read_grading_report
from pytest_mlebench.reporting.reading import read_records
from pytest_mlebench.reporting.runs import find_run, planned, read_facts

__all__ = ["Results", "concatenated", "find_results", "read_results"]


@dataclass(frozen=True, kw_only=True)
class Results:
    """What is known of one run."""

    name: str
    """Of the run's folder; of a grading report the name of its file, or of the folder it lies in."""
    path: Path
    """The run's folder, or the grading report; absolute."""
    records: tuple[AttemptRecord, ...]
    facts: Mapping[str, Any] | None
    """What run.json says; None where it is not known: of grading reports, and of runs that lost it."""
    warnings: tuple[str, ...]
    """What could not be read, or is odd; a line each."""

    @property
    def is_run(self) -> bool:
        """Whether it is a run with its files, not only a grading report."""
        return self.path.is_dir()

    @property
    def unfinished(self) -> tuple[str, ...]:
        """Names, such as ``spaceship-titanic-0``, of attempts that were planned and have no result."""
        names = planned(self.facts) if self.facts is not None else None
        done = {f"{record.competition}-{record.seed}" for record in self.records}
        return tuple(name for name in names or () if name not in done)


def find_results(runs: Path, name: str) -> Results:
    """The results that a person names: a run (its name below `runs`, its folder, or ``last``), or a grading report.

    Raises MlebenchError where there is none of that name, or it holds no attempt.
    """
    path = Path(name).expanduser()
    holds_results = path.is_dir() and (any(path.glob("*/seed-*/attempt.json")) or _report_in(path) is not None)
    if path.is_file() or holds_results:
        return read_results(path)
    return read_results(find_run(runs, name))


def read_results(path: Path) -> Results:
    """The results of the run in the folder `path`, or of the grading report at `path`.

    A folder that holds a grading report and no attempts stands for the report. Raises MlebenchError where nothing can
    be read, or there is no attempt.
    """
    path = path.absolute()
    if not path.is_dir():
        return _of_report(path, path.parent.name if path.stem == "grading_report" else path.stem)
    records, warnings = read_records(path)
    if not records and (report := _report_in(path)) is not None:
        return _of_report(report, path.name)
    if not records:
        raise MlebenchError(f"{path} holds no finished attempt{': ' + warnings[0] if warnings else ''}")
    facts = None
    try:
        facts = read_facts(path)
    except MlebenchError as error:
        warnings.append(f"settings are not known: {error}")
    return Results(name=path.name, path=path, records=tuple(records), facts=facts, warnings=tuple(warnings))


def _report_in(folder: Path) -> Path | None:
    """The grading report in a folder as others publish them, under a name with a date before; None without one."""
    found = sorted(folder.glob("*grading_report*.json"))
    return found[-1] if found else None


def _of_report(path: Path, name: str) -> Results:
    records, warnings = read_grading_report(path, name)
    return Results(name=name, path=path, records=tuple(records), facts=None, warnings=tuple(warnings))


def concatenated(results: Iterable[Sequence[AttemptRecord]]) -> list[AttemptRecord]:
    """The attempts of several runs of one agent as those of one: seeds are numbered on, in order of run and seed.

    The attempts come in the order in which they are given, run after run, so they can be told apart by their place;
    `folder` is still relative to the folder of each one's own run. Attempts on repaired data are numbered apart. Those
    of one run alone keep their seeds.
    """
    runs = list(results)
    if len(runs) == 1:
        return list(runs[0])
    before = Counter[tuple[str, bool]]()
    numbered = []
    for records in runs:
        places = Counter[tuple[str, bool]]()
        seeds: dict[int, int] = {}
        for index in sorted(range(len(records)), key=lambda i: (records[i].seed, records[i].created_at or "")):
            key = (records[index].competition, records[index].fixed)
            seeds[index] = before[key] + places[key]
            places[key] += 1
        numbered += [replace(record, seed=seeds[i]) for i, record in enumerate(records)]
        before += places
    return numbered
