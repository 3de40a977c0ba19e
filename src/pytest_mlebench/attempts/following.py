"""Following an attempt while its agent works: its budget, its disk, its snapshots, and what its status says."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from pytest_mlebench.attempts.budget import Budget, Usage, read_usage
from pytest_mlebench.attempts.disk_use import DiskUse
from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.attempts.snapshots import GradeFile, Snapshots
from pytest_mlebench.attempts.status import StatusFile, now
from pytest_mlebench.quantities import format_size
from pytest_mlebench.sandboxes import Observer

if TYPE_CHECKING:
    from pytest_mlebench.attempts.gateway.session import GatewaySession

__all__ = ["Follower"]

# So long a model may be out of reach from the start before the attempt is given up.
_PATIENCE_WITH_MODEL = 900.0


class Follower(Observer):
    """Follows one attempt from the start of its clock to `stop`."""

    def __init__(
        self,
        folder: AttemptFolder,
        status: StatusFile,
        grade: GradeFile,
        *,
        snapshot_every: float | None = None,
        budget: Budget | None = None,
        disk: int | None = None,
        session: GatewaySession | None = None,
    ) -> None:
        """`snapshot_every` is in seconds; `disk` is what the attempt's folders may take, in bytes; None for none.

        What it used of its model the gateway's `session` says, or without one the agent itself.
        """
        self._folder, self._status = folder, status
        self._budget, self._disk, self._session = budget or Budget(), disk, session
        self._snapshots = Snapshots(folder, snapshot_every, grade, self._took) if snapshot_every else None
        self._disk_use = DiskUse((folder.submission, folder.code, folder.logs)) if disk else None
        self.usage = Usage()
        """What it last was known to have used."""
        self.ended_early: str | None = None
        """Why the attempt was to end before its time, for a person."""
        self.failure: str | None = None
        """Why it was to end without being judged: what failed it was not the agent."""
        self._began = 0.0

    def began(self) -> None:
        """The agent's clock runs."""
        self._status.say(phase="running", began=now())
        self._began = time.monotonic()
        for part in (self._snapshots, self._disk_use):
            if part is not None:
                part.start()

    def should_end(self) -> bool:
        """Whether its budget or its disk is used up, or its model is out of reach."""
        self._look()
        return self.ended_early is not None or self.failure is not None

    def stop(self) -> tuple[Snapshot, ...]:
        """The agent has ended: the snapshots that were taken. Stopping again is harmless."""
        if self._disk_use is not None:
            self._disk_use.stop()
        self.usage = self._used()
        return self._snapshots.stop() if self._snapshots is not None else ()

    def _used(self) -> Usage:
        if self._session is None:
            return read_usage(self._folder.logs)
        return self._session.usage.spent

    def _look(self) -> None:
        self.usage = self._used()
        self._status.say(tokens=self.usage.tokens, cost=self.usage.cost)
        if self._disk and self._disk_use and self._disk_use.bytes > self._disk:
            taken = format_size(self._disk_use.bytes)
            self.ended_early = f"ended at its disk limit: its folders took {taken} of {format_size(self._disk)}"
        else:
            self.ended_early = self._budget.exceeded(self.usage)
        if self._session is not None:
            # A model may be down for a while, and an agent may bear it.
            patience_is_over = time.monotonic() > self._began + _PATIENCE_WITH_MODEL
            self.failure = self._session.run_is_over or (self._session.trouble if patience_is_over else None)

    def _took(self, snapshots: tuple[Snapshot, ...]) -> None:
        last = snapshots[-1]
        valid = None if last.outcome in ("no_submission", "error") else last.outcome != "invalid"
        self._status.say(snapshots=snapshots, **({} if valid is None else {"valid": valid}))
