"""What a run is doing at one moment: plain facts, from which tables, lines and JSON are made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pytest_mlebench.attempts.record import Outcome, Snapshot
from pytest_mlebench.attempts.status import Phase

__all__ = ["Counts", "Rest", "RunState", "View", "Working"]

RunState = Literal["running", "finished", "stopped", "silent"]
"""Somebody works on it; all that was planned is done; nobody works on it although something is left; the run belongs
to another machine, and nothing in its folder has changed for long."""


@dataclass(frozen=True, kw_only=True)
class Working:
    """An attempt that a worker has in hand. Times are in seconds and never negative."""

    worker: str
    competition: str
    seed: int
    phase: Phase
    in_phase: float
    """How long it is in this phase."""
    elapsed: float | None = None
    """Time of the agent's clock; None before it began."""
    time_limit: float | None = None
    gpus: tuple[str, ...] = ()
    line: str = ""
    """The last line of its log, printable."""
    valid: bool | None = None
    """What was last said of its submission; None where nobody asked."""
    best: Snapshot | None = None
    """The best of its snapshots so far; None without a graded one."""
    tokens: int | None = None
    cost: float | None = None
    """US dollars."""
    lost: bool = False
    """Whether its worker has ended without ending the attempt."""

    @property
    def attempt(self) -> str:
        """``spaceship-titanic-0``, as in the name of its test."""
        return f"{self.competition}-{self.seed}"


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many attempts there are of each kind."""

    planned: int | None = None
    """Of the run with its resumptions; None where the run does not say."""
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    """Of the attempts that are done; those that are to be run again are not among them."""
    unreadable: int = 0
    """Done, but their attempt.json cannot be read."""
    working: int = 0
    """In the hands of workers that live, or may live."""

    @property
    def done(self) -> int:
        """Attempts that have ended, errors of the harness included."""
        return sum(self.outcomes.values()) + self.unreadable

    @property
    def waiting(self) -> int | None:
        """Attempts that nobody has begun; None where that is not known."""
        return None if self.planned is None else max(0, self.planned - self.done - self.working)


@dataclass(frozen=True, kw_only=True)
class Rest:
    """Seconds until the run is done, none of it certain."""

    about: float | None = None
    """Expected from the attempts that are done; None where none tells."""
    at_most: float | None = None
    """If all that is left used its whole time; None where that is not known."""


@dataclass(frozen=True, kw_only=True)
class View:
    """A run at one moment."""

    run: str
    """Its name."""
    agent: str
    state: RunState
    working: tuple[Working, ...]
    """In order of the workers' names."""
    counts: Counts
    rest: Rest
    ran: float | None = None
    """Seconds since the run was started or last resumed."""
    silent: float | None = None
    """Seconds since anything in the run's folder changed that tells of work."""

    def to_json(self) -> dict[str, Any]:
        """All facts as JSON values."""
        counts = self.counts
        numbers = {"done": counts.done, "waiting": counts.waiting}
        return {
            **asdict(self),
            "working": [{"attempt": each.attempt, **asdict(each)} for each in self.working],
            "counts": {**asdict(counts), "outcomes": dict(counts.outcomes), **numbers},
        }
