"""What a run is doing, read from its folder again and again; cheap, and nothing is written, locked or started."""

from __future__ import annotations

import contextlib
import datetime
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import TIERS, Outcome, Snapshot
from pytest_mlebench.attempts.status import FOLDER, WorkerStatus, read_statuses
from pytest_mlebench.catalog import Catalog
from pytest_mlebench.competition import Competition
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.durations import past_attempts
from pytest_mlebench.reporting.runs import planned, read_facts, resumptions
from pytest_mlebench.reporting.watching.ended import Ended, EndedAttempts
from pytest_mlebench.reporting.watching.liveness import is_led
from pytest_mlebench.reporting.watching.log_tail import LastLines, printable
from pytest_mlebench.reporting.watching.remaining import estimate
from pytest_mlebench.reporting.watching.view import Counts, Rest, RunState, View, Working
from pytest_mlebench.sandboxes import owner

__all__ = ["Watch"]

_FRESH = 600.0
"""Seconds; what has changed since then is taken for alive where nothing else is known."""
_STARTING = 10.0
"""Seconds between the folder of a run and its lock, at most."""


class Watch:
    """Looks at one run; remembers what does not change, so that looking again takes some milliseconds."""

    def __init__(self, run: Path) -> None:
        self.run = run
        self._ended = EndedAttempts(run)
        self._lines = LastLines()
        self._catalog = Catalog()
        self._competitions: dict[str, Competition | None] = {}
        self._directions: dict[str, bool | None] = {}
        self._facts: Mapping[str, Any] = {}
        self._facts_state: tuple[int, int, int] | None = None
        self._machine = _machine(owner.here())
        self._elsewhere = False
        self._past: list[tuple[str, str, float]] | None = None

    def look(self) -> View:
        """The run as it is now; what is damaged, or vanishes meanwhile, is passed over."""
        self._read_facts()
        names = planned(self._facts)
        statuses = self._statuses()
        ended = self._ended.look()
        alive = [status for status in statuses if not status.is_over]
        in_hand, living = {status.attempt for status in alive}, {status.worker for status in alive}
        self._elsewhere = self._elsewhere or any(_machine(status.owner) != self._machine for status in statuses)
        again = self._to_run_again(ended)
        done = {name: each for name, each in ended.items() if name not in in_hand and name not in again}
        now = datetime.datetime.now(datetime.UTC)
        working = tuple(
            self._working(status, now, lost=status.worker not in living)
            for status in statuses
            if status.attempt not in done and (status.worker in living or status.attempt not in in_hand)
        )
        silent = self._silent(now, statuses)
        left = None if names is None else [name for name in names if name not in done]
        state = self._state(left, alive, silent)
        outcomes = Counter(each.outcome for each in done.values())
        unreadable = outcomes.pop(None, 0)
        order: list[Outcome] = [*TIERS, "error"]
        counts = Counts(
            # What a run attempted beyond its plan, whose plan was damaged, is part of it.
            planned=None if left is None else len({*left, *done, *in_hand}),
            outcomes={tier: outcomes[tier] for tier in order if outcomes[tier]},
            unreadable=unreadable,
            working=len(in_hand),
        )
        waiting = None if left is None else [name for name in left if name not in in_hand]
        return View(
            run=self.run.name,
            agent=printable(self._agent),
            state=state,
            working=working,
            counts=counts,
            rest=self._rest(state, working, waiting, done),
            ran=_seconds_since(self._begun(), now),
            silent=silent,
        )

    def _statuses(self) -> list[WorkerStatus]:
        found: list[WorkerStatus] = []
        with contextlib.suppress(RecursionError):  # of braces that a damaged file may be full of
            found.extend(status for status in read_statuses(self.run) if _is_usable(status))
        return found

    def _read_facts(self) -> None:
        """Read run.json again where it has changed; a damaged one says nothing, a vanished one what it said."""
        try:
            info = os.stat(self.run / "run.json")  # noqa: PTH116
            state = (info.st_ino, info.st_size, info.st_mtime_ns)
            if state != self._facts_state:
                self._facts_state, self._facts = state, read_facts(self.run)
        except (OSError, MlebenchError):
            return

    def _begun(self) -> str | None:
        """When the run was started or last resumed."""
        last = resumptions(self._facts)
        begun = last[-1].get("resumed") if last else self._facts.get("started")
        return begun if isinstance(begun, str) else None

    def _to_run_again(self, ended: Mapping[str, Ended]) -> set[str]:
        """Errors of the harness from before the run was last resumed, which then has them among its attempts."""
        last, begun = resumptions(self._facts), _moment(self._begun())
        if not last or begun is None:
            return set()
        names = set(planned({"planned": last[-1].get("planned")}) or ())
        errors = ((name, _moment(each.created_at)) for name, each in ended.items() if each.outcome == "error")
        return {name for name, created in errors if name in names and created is not None and created < begun}

    def _working(self, status: WorkerStatus, now: datetime.datetime, *, lost: bool) -> Working:
        limit = status.time_limit
        return Working(
            worker=printable(status.worker),
            competition=printable(status.competition),
            seed=status.seed,
            phase=status.phase,
            in_phase=_seconds_since(status.since, now) or 0.0,
            elapsed=_seconds_since(status.began, now),
            time_limit=self._time_limit if limit is None else limit,
            gpus=tuple(map(printable, status.gpus)),
            line=self._lines.of(RunFolder(self.run).attempt(status.competition, status.seed).log),
            valid=status.valid,
            best=self._best(status),
            tokens=status.tokens,
            cost=status.cost,
            lost=lost,
        )

    def _best(self, status: WorkerStatus) -> Snapshot | None:
        """The snapshot of the best outcome, then of the best score; where nobody knows which that is, the newest."""
        graded = [each for each in status.snapshots if each.outcome in TIERS and each.outcome != "no_submission"]
        if len(graded) < 2:
            return graded[0] if graded else None
        lower = self._lower_is_better(status.competition)

        def goodness(snapshot: Snapshot) -> tuple[int, float]:
            score = snapshot.elapsed if lower is None else snapshot.score or 0.0
            return -TIERS.index(snapshot.outcome), -score if lower else score

        return max(graded, key=goodness)

    def _lower_is_better(self, id: str) -> bool | None:
        if id not in self._directions:
            competition = self._competition(id)
            try:
                self._directions[id] = competition.lower_is_better if competition else None
            except (MlebenchError, OSError):
                self._directions[id] = None
        return self._directions[id]

    def _competition(self, id: str) -> Competition | None:
        """None for competitions that only a user has."""
        if id not in self._competitions:
            try:
                self._competitions[id] = self._catalog.get(id)
            except (MlebenchError, OSError):
                self._competitions[id] = None
        return self._competitions[id]

    def _complexity(self, id: str) -> str:
        competition = self._competition(id)
        return competition.complexity if competition else ""

    @property
    def _agent(self) -> str:
        agent = self._facts.get("agent")
        return str(agent.get("name", "")) if isinstance(agent, dict) else ""

    @property
    def _time_limit(self) -> float | None:
        return _positive(self._facts.get("time_limit"))

    def _silent(self, now: datetime.datetime, statuses: Iterable[WorkerStatus]) -> float | None:
        folder = RunFolder(self.run)
        logs = [folder.attempt(status.competition, status.seed).log for status in statuses]
        times = [self._ended.changed]
        for path in (self.run / "run.json", self.run / FOLDER, *logs):
            try:
                times.append(os.stat(path, follow_symlinks=False).st_mtime)  # noqa: PTH116
            except OSError:
                continue
        return max(0.0, now.timestamp() - max(times)) if max(times) else None

    def _state(self, left: list[str] | None, alive: list[WorkerStatus], silent: float | None) -> RunState:
        if left is not None and not left and not alive:
            return "finished"
        led = is_led(self.run)
        if led or any(_machine(status.owner) == self._machine for status in alive):
            return "running"
        if alive or self._elsewhere or led is None:
            return "running" if silent is not None and silent < _FRESH else "silent"
        if silent is not None and silent < _STARTING and self._is_new():
            return "running"
        # A run of an earlier version does not say what it planned; its report is written when its pytest ends.
        return "finished" if left is None and (self.run / "grading_report.json").exists() else "stopped"

    def _is_new(self) -> bool:
        return not (self.run / "lead.lock").exists() and not (self.run / "grading_report.json").exists()

    def _rest(
        self, state: RunState, working: Iterable[Working], waiting: list[str] | None, done: Mapping[str, Ended]
    ) -> Rest:
        if state == "finished":
            return Rest(about=0.0, at_most=0.0)
        if state == "stopped" or waiting is None or self._time_limit is None:
            return Rest()
        known = [
            (each.competition, each.complexity, each.seconds)
            for each in done.values()
            if each.seconds is not None and each.outcome != "error"
        ]
        complexities = {each.competition: each.complexity for each in done.values()}
        living = [each for each in working if not each.lost]
        return estimate(
            living,
            [name.rpartition("-")[0] for name in waiting],
            known or self._past_attempts(),
            limit=self._time_limit,
            at_once=self._at_once(len(living)),
            complexity=lambda id: complexities.get(id) or self._complexity(id),
        )

    def _past_attempts(self) -> list[tuple[str, str, float]]:
        """Of the same agent in other runs beside this one: what there is to go by before an attempt is done."""
        if self._past is None:
            self._past = past_attempts(self.run.parent, self._agent, at_most=3) if self._agent else []
        return self._past

    def _at_once(self, living: int) -> int:
        """How many attempts run at a time: one a worker, and no more than there are GPUs for."""
        last = resumptions(self._facts)
        workers = _positive((last[-1] if last else self._facts).get("workers")) or living
        gpus, each = self._facts.get("gpus"), _positive(self._facts.get("gpus_per_attempt"))
        if isinstance(gpus, list) and gpus and each is not None:
            workers = min(workers, len(gpus) * math.floor(1 / each) if each < 1 else len(gpus) // each)
        return max(1, int(min(workers, 1 << 16)))


def _machine(owner: str) -> str:
    return owner.rpartition(":")[2]


def _is_usable(status: WorkerStatus) -> bool:
    """Whether its fields are of their types: the file may have been damaged, or written by another version."""
    texts = (status.worker, status.competition, status.since, status.owner, *status.gpus)
    numbers = [status.time_limit, status.cost, status.tokens]
    for snapshot in status.snapshots:
        numbers += [snapshot.elapsed, snapshot.score]
    return (
        all(isinstance(text, str) for text in texts)
        and re.fullmatch(r"\w[\w.-]*", status.competition) is not None
        and isinstance(status.seed, int)
        and isinstance(status.began, str | None)
        and isinstance(status.valid, bool | None)
        and all(number is None or _is_number(number) for number in numbers)
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _positive(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and _is_number(value) and value > 0 else None


def _moment(text: str | None) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)


def _seconds_since(text: str | None, now: datetime.datetime) -> float | None:
    """Never negative: clocks are set back, and differ between machines."""
    moment = _moment(text)
    return None if moment is None else max(0.0, (now - moment).total_seconds())
