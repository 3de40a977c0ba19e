"""Snapshots: what is submitted at each mark of an attempt's time, kept and graded while the agent goes on."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.judging import outcome_of
from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.files import IrregularFileError, open_untrusted
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.grading.submission import MAX_BYTES, SUBMISSION_NAME

__all__ = ["Snapshots", "graded_again"]

GradeFile = Callable[[Path], Grade]


class Snapshots:
    """Takes a snapshot of `attempt`'s submission every `every` seconds from `start` to `stop`, in a thread of its own.

    A mark at which nothing was submitted yet is a snapshot too. What cannot be kept or graded is said in its reason.
    """

    def __init__(
        self, attempt: AttemptFolder, every: float, grade: GradeFile, taken: Callable[[tuple[Snapshot, ...]], None]
    ) -> None:
        """`grade` grades a file; `taken` is told of all snapshots after each."""
        self._attempt, self._every, self._grade, self._taken = attempt, every, grade, taken
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._snapshots: list[Snapshot] = []
        self._last: tuple[tuple[int, ...], Path, Snapshot] | None = None

    def start(self) -> None:
        """The agent's clock starts now."""
        self._thread = threading.Thread(
            target=self._take_all, args=(time.monotonic(),), name=f"snapshots of {self._attempt.root}", daemon=True
        )
        self._thread.start()

    def stop(self) -> tuple[Snapshot, ...]:
        """The agent has ended: the snapshots, once the one that is being taken is done. Stopping again is harmless."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
        return tuple(self._snapshots)

    def _take_all(self, began: float) -> None:
        mark = 1
        while not self._stopping.wait(max(0.0, began + mark * self._every - time.monotonic())):
            self._snapshots.append(self._take(mark * self._every))
            self._taken(tuple(self._snapshots))
            # Grading may take longer than a mark lasts: those that passed meanwhile cannot be made up for.
            mark = max(mark + 1, int((time.monotonic() - began) // self._every) + 1)

    def _take(self, elapsed: float) -> Snapshot:
        folder = self._attempt.snapshot(elapsed)
        try:
            descriptor = open_untrusted(self._attempt.submission / SUBMISSION_NAME)
        except FileNotFoundError:
            return Snapshot(elapsed=elapsed, outcome="no_submission")
        except IrregularFileError as error:
            return Snapshot(elapsed=elapsed, outcome="invalid", reason=f"{SUBMISSION_NAME} {error}")
        except OSError as error:
            return Snapshot(elapsed=elapsed, outcome="invalid", reason=f"cannot be opened: {error.strerror or error}")
        try:
            return self._keep(descriptor, folder, elapsed)
        except OSError as error:
            return Snapshot(elapsed=elapsed, outcome="error", reason=f"cannot be kept: {error.strerror or error}")
        finally:
            os.close(descriptor)

    def _keep(self, descriptor: int, folder: Path, elapsed: float) -> Snapshot:
        """Copy what is open and grade it; what did not change since the last snapshot is linked, not graded again."""
        found = os.fstat(descriptor)
        if found.st_size > MAX_BYTES:
            return Snapshot(elapsed=elapsed, outcome="invalid", reason=f"over {MAX_BYTES} bytes")
        folder.mkdir(parents=True)
        kept = folder / SUBMISSION_NAME
        state = (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        if self._last is not None and self._last[0] == state:
            os.link(self._last[1], kept)
            snapshot = replace(self._last[2], elapsed=elapsed)
        else:
            _copy(descriptor, kept, found.st_size)
            snapshot = _graded(kept, elapsed, self._grade)
        self._last = (state, kept, snapshot)
        return snapshot


def graded_again(attempt: AttemptFolder, snapshots: tuple[Snapshot, ...], grade: GradeFile) -> tuple[Snapshot, ...]:
    """The snapshots with the grades that `grade` gives now; those of which no file was kept stay as they are."""
    again = []
    for snapshot in snapshots:
        kept = attempt.snapshot(snapshot.elapsed) / SUBMISSION_NAME
        again.append(_graded(kept, snapshot.elapsed, grade) if kept.is_file() else snapshot)
    return tuple(again)


def _graded(path: Path, elapsed: float, grade: GradeFile) -> Snapshot:
    try:
        found = grade(path)
    except MlebenchError as error:
        return Snapshot(elapsed=elapsed, outcome="error", reason=str(error))
    return Snapshot(
        elapsed=elapsed,
        outcome=outcome_of(found),
        score=found.to_json()["score"],
        medal=found.medal,
        reason=found.reason,
    )


def _copy(descriptor: int, path: Path, size: int) -> None:
    """Copy `size` bytes at most, so that a file that grows meanwhile ends too; nothing is left where that fails."""
    try:
        with path.open("wb") as target:
            while (position := target.tell()) < size:
                if not (chunk := os.pread(descriptor, min(1 << 20, size - position), position)):
                    break
                target.write(chunk)
    except OSError:
        with contextlib.suppress(OSError):
            path.unlink()
        raise
