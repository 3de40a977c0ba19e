"""What a report is made from: the results of one run, or of several of one agent as one, and where their files are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.results import Results, concatenated, find_results

__all__ = ["Sources", "read_sources"]

_SHORTEST, _LONGEST = 0.01, 1e9
"""Seconds; 1e9 are 30 years."""
_DEAREST = 1e9
"""US dollars."""
_MOST_TOKENS = 1e15


@dataclass(frozen=True)
class Sources:
    """The results of runs that are read together."""

    results: tuple[Results, ...]

    @cached_property
    def records(self) -> list[AttemptRecord]:
        """All attempts, their seeds numbered on from run to run."""
        return list(map(_plausible, concatenated([each.records for each in self.results])))

    @cached_property
    def _folders(self) -> dict[int, Path]:
        """By record, the folder of the run it is of."""
        runs = [each.path for each in self.results for _ in each.records]
        return {id(record): run for record, run in zip(self.records, runs, strict=True)}

    def attempt_folder(self, record: AttemptRecord) -> Path | None:
        """Where the attempt's files should be, one of `records`; None where only a report on its run is there.

        Never outside the run's folder, whatever the record says.
        """
        run = self._folders[id(record)]
        parts = re.split(r"[/\\]", record.folder or f"{record.competition}/seed-{record.seed}")
        if not run.is_dir() or any(part in ("", ".", "..") or "\0" in part for part in parts):
            return None
        return run.joinpath(*parts)


def read_sources(runs: Path, names: Sequence[str]) -> Sources:
    """The results of these names, each once.

    A name is that of a run below `runs`, the beginning of one, ``last``, a path, or the path of a grading report.
    Raises MlebenchError where one of them is not there, or runs are of several agents.
    """
    found = {each.path: each for each in (find_results(runs, name) for name in names)}
    # Whose a grading report is, only its file's name may say.
    agents = {record.agent for each in found.values() if each.is_run for record in each.records}
    if len(agents) > 1:
        raise MlebenchError(
            f"these runs are of several agents, {', '.join(sorted(agents))}: a report is about one; "
            "compare two with `mlebench compare`"
        )
    return Sources(tuple(found.values()))


def _plausible(record: AttemptRecord) -> AttemptRecord:
    """The record without figures that no attempt can have: a damaged file must not spoil all others."""
    limits = {"seconds": _LONGEST, "waited": _LONGEST, "cost": _DEAREST, "tokens": _MOST_TOKENS}
    odd: dict[str, Any] = {
        name: None
        for name, most in limits.items()
        if (value := getattr(record, name)) is not None and not 0 <= value <= most
    }
    snapshots = tuple(each for each in record.snapshots if _SHORTEST <= each.elapsed <= _LONGEST)
    return replace(record, **odd, snapshots=snapshots) if odd or len(snapshots) < len(record.snapshots) else record
