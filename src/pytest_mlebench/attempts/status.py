"""What each worker of a run is doing, in a small file of its own, for those who watch the run folder."""

from __future__ import annotations

import contextlib
import datetime
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Literal

from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.files import write_json
from pytest_mlebench.sandboxes import owner

__all__ = ["FOLDER", "Phase", "StatusFile", "WorkerStatus", "clear_statuses", "now", "read_statuses"]

FOLDER = "workers"
"""Below the run folder; ``workers/gw0.json``, or ``main.json`` without pytest-xdist."""

Phase = Literal["preparing", "waiting", "running", "grading"]
"""Data is made ready; GPUs or processors are taken; the agent's clock runs; the submission is graded."""

_PHASES = ("preparing", "waiting", "running", "grading")


@dataclass(frozen=True, kw_only=True)
class WorkerStatus:
    """What a worker is doing; plain JSON values. Times are UTC, ISO 8601."""

    worker: str
    competition: str
    seed: int
    phase: Phase
    since: str
    """When this phase began."""
    owner: str = field(default_factory=owner.here)
    """The worker's process, as `sandboxes.owner` names it: tells whether it still lives."""
    gpus: tuple[str, ...] = ()
    time_limit: float | None = None
    """Seconds."""
    began: str | None = None
    """When the agent's clock started."""
    valid: bool | None = None
    """What the validation server or a snapshot last said of its submission; None where nobody asked."""
    snapshots: tuple[Snapshot, ...] = ()
    tokens: int | None = None
    cost: float | None = None
    """US dollars."""

    @property
    def attempt(self) -> str:
        """``spaceship-titanic-0``, as in the name of its test."""
        return f"{self.competition}-{self.seed}"

    @property
    def is_over(self) -> bool:
        """Whether the process that wrote it is known to have ended."""
        return owner.is_gone(self.owner)


class StatusFile:
    """Where a worker says what it does; saying must never stop an attempt, so that a full disk is passed over."""

    def __init__(self, run: Path, worker: str) -> None:
        self._path = run / FOLDER / f"{worker}.json"
        self.worker = worker
        self._said: WorkerStatus | None = None

    def begin(self, competition: str, seed: int) -> None:
        """The worker takes up an attempt."""
        self._write(
            WorkerStatus(worker=self.worker, competition=competition, seed=seed, phase="preparing", since=now())
        )

    def say(self, **changes: Any) -> None:
        """Change fields of the status; a new `phase` sets `since`. Does nothing before `begin`."""
        if self._said is None:
            return
        if changes.get("phase", self._said.phase) != self._said.phase:
            changes["since"] = now()
        if (status := replace(self._said, **changes)) != self._said:
            self._write(status)

    def end(self) -> None:
        """The worker has nothing to do."""
        self._said = None
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _write(self, status: WorkerStatus) -> None:
        self._said = status
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(exist_ok=True)
            write_json(self._path, asdict(status))


def read_statuses(run: Path) -> Iterator[WorkerStatus]:
    """What the workers of `run` are doing, in order of their names; files that cannot be read are passed over."""
    for path in sorted((run / FOLDER).glob("*.json"), key=lambda path: (len(path.name), path.name)):
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
            if not path.is_file():
                continue
            value = json.loads(path.read_text(encoding="utf-8"))
            known = {f.name: value[f.name] for f in fields(WorkerStatus) if f.name in value}
            known["gpus"] = tuple(known.get("gpus") or ())
            known["snapshots"] = tuple(Snapshot(**each) for each in known.get("snapshots") or ())
            if known["phase"] in _PHASES:
                yield WorkerStatus(**known)


def clear_statuses(run: Path) -> None:
    """Remove what workers of an earlier pytest said when they were killed."""
    for path in (run / FOLDER).glob("*.json"):
        with contextlib.suppress(OSError):
            path.unlink()


def now() -> str:
    """The time of this machine's clock, as statuses give it."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
