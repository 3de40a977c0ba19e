"""Following an attempt while its agent works: its budget, its disk, its snapshots, and what its status says."""

from __future__ import annotations

from pytest_mlebench.attempts.budget import Budget, Usage, read_usage
from pytest_mlebench.attempts.disk_use import DiskUse
from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.attempts.snapshots import GradeFile, Snapshots
from pytest_mlebench.attempts.status import StatusFile, now
from pytest_mlebench.quantities import format_size
from pytest_mlebench.sandboxes import Observer

__all__ = ["Follower"]


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
    ) -> None:
        """`snapshot_every` is in seconds; `disk` is what the attempt's folders may take, in bytes; None for none."""
        self._folder, self._status = folder, status
        self._budget, self._disk = budget or Budget(), disk
        self._snapshots = Snapshots(folder, snapshot_every, grade, self._took) if snapshot_every else None
        self._disk_use = DiskUse((folder.submission, folder.code, folder.logs)) if disk else None
        self.usage = Usage()
        """What the agent last said that it used."""
        self.ended_early: str | None = None
        """Why the attempt was to end before its time, for a person."""

    def began(self) -> None:
        """The agent's clock runs."""
        self._status.say(phase="running", began=now())
        for part in (self._snapshots, self._disk_use):
            if part is not None:
                part.start()

    def should_end(self) -> bool:
        """Whether its budget or its disk is used up."""
        self._look()
        return self.ended_early is not None

    def stop(self) -> tuple[Snapshot, ...]:
        """The agent has ended: the snapshots that were taken. Stopping again is harmless."""
        if self._disk_use is not None:
            self._disk_use.stop()
        self.usage = read_usage(self._folder.logs)
        return self._snapshots.stop() if self._snapshots is not None else ()

    def _look(self) -> None:
        self.usage = read_usage(self._folder.logs)
        self._status.say(tokens=self.usage.tokens, cost=self.usage.cost)
        if self._disk and self._disk_use and self._disk_use.bytes > self._disk:
            taken = format_size(self._disk_use.bytes)
            self.ended_early = f"ended at its disk limit: its folders took {taken} of {format_size(self._disk)}"
        else:
            self.ended_early = self._budget.exceeded(self.usage)

    def _took(self, snapshots: tuple[Snapshot, ...]) -> None:
        last = snapshots[-1]
        valid = None if last.outcome in ("no_submission", "error") else last.outcome != "invalid"
        self._status.say(snapshots=snapshots, **({} if valid is None else {"valid": valid}))
