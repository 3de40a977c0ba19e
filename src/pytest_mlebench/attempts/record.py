"""What is known of an attempt when it has ended: the facts that files, reports and tables are made from."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

__all__ = ["TIERS", "AttemptRecord", "Contact", "Outcome", "Snapshot"]

Outcome = Literal["gold", "silver", "bronze", "above_median", "valid", "invalid", "no_submission", "error"]
"""What an attempt earned, best first; ``valid`` is a graded submission at or below the median."""

TIERS: tuple[Outcome, ...] = ("gold", "silver", "bronze", "above_median", "valid", "invalid", "no_submission")
"""The outcomes an agent can earn, best first."""


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What the submission that was there at a mark of the attempt's time would have earned."""

    elapsed: float
    """Seconds of the agent's time."""
    outcome: Outcome
    score: float | None = None
    medal: str | None = None
    reason: str | None = None
    """Why it is invalid, or could not be graded."""


@dataclass(frozen=True)
class Contact:
    """A host that an agent tried to reach through the forward proxy, and how often."""

    host: str
    """Name and port."""
    allowed: int = 0
    refused: int = 0


@dataclass(frozen=True, kw_only=True)
class AttemptRecord:
    """One attempt: one agent, one competition, one seed. Written to attempt.json; plain JSON values throughout."""

    competition: str
    complexity: str
    category: str
    seed: int
    agent: str
    outcome: Outcome
    reason: str | None = None
    """Why it is invalid or an error, for a person."""
    score: float | None = None
    """Rounded to 5 decimals; None where there is none or it is not finite."""
    gold: float | None = None
    silver: float | None = None
    bronze: float | None = None
    median: float | None = None
    lower_is_better: bool | None = None
    medal: str | None = None
    above_median: bool = False
    rank: int | None = None
    teams: int | None = None
    seconds: float | None = None
    """The agent's own time by the host's clock."""
    exit_status: int | None = None
    timed_out: bool = False
    out_of_memory: bool = False
    ended_early: str | None = None
    """Why it was ended before its time limit, for a person: a budget that was used up."""
    sandbox: str | None = None
    worker: str | None = None
    """The process of pytest-xdist that led it, such as ``gw0``; ``main`` without pytest-xdist."""
    gpus: tuple[str, ...] = ()
    """Ids of the devices it got; likewise `cpus`, their number, and `memory` in bytes, where there was a limit."""
    cpus: float | None = None
    memory: int | None = None
    waited: float | None = None
    """Seconds it waited for its GPUs, processors and memory; not part of the agent's time."""
    tokens: int | None = None
    """What the agent used of its language model, where that is known; `cost` in US dollars."""
    cost: float | None = None
    requests: int | None = None
    """How often it asked its model through the gateway; None where it had no gateway."""
    models: tuple[str, ...] = ()
    """The models it asked for there."""
    contacts: tuple[Contact, ...] = ()
    """The hosts it tried through the forward proxy, refused ones first."""
    snapshots: tuple[Snapshot, ...] = ()
    """In order of time."""
    created_at: str | None = None
    """UTC, ISO 8601, when the attempt started."""
    folder: str | None = None
    """Relative to the run folder."""
    fixed: bool = False
    """Whether the data was the repaired variant, whose results do not compare with the published ones."""
    tries: int = 1
    """How often it was begun in this session, for errors of the harness; earlier tries are kept beside its folder."""
    problems: tuple[str, ...] = ()
    """Known problems of the data that a reader has to know."""

    @property
    def group(self) -> str:
        """What its figures are summed up with: its complexity; ``repaired`` data compare with nothing published."""
        return "repaired" if self.fixed else self.complexity

    @property
    def submitted(self) -> bool:
        """Whether a submission was there to be graded."""
        return self.outcome not in ("no_submission", "error")

    @property
    def valid(self) -> bool:
        """Whether the submission was graded."""
        return self.submitted and self.outcome != "invalid"

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        lists: dict[str, list[Any]] = {name: list(getattr(self, name)) for name in _LISTS}
        lists |= {name: [asdict(each) for each in getattr(self, name)] for name in _NESTED}
        return {**asdict(self), **lists}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> AttemptRecord:
        """The record that `to_json` wrote; unknown keys of newer versions are passed over."""
        lists = {name: tuple(value.get(name) or ()) for name in _LISTS}
        for name, kind in _NESTED.items():
            lists[name] = tuple(kind(**_known(kind, each)) for each in value.get(name) or ())
        return cls(**{**_known(cls, value), **lists})


_LISTS = ("gpus", "models", "problems")
_NESTED: dict[str, type] = {"contacts": Contact, "snapshots": Snapshot}


def _known(cls: Any, value: dict[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(cls)}
    return {name: each for name, each in value.items() if name in names}
