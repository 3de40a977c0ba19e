"""Who works on a run: locks of the operating system, which a process gives back by dying."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from pytest_mlebench.errors import HarnessError

__all__ = ["RunLock"]

# Workers whose pytest was killed notice it within seconds and end.
_STRAGGLERS_SECONDS = 30.0


class RunLock:
    """Held on a run folder: `lead` by the one pytest that leads the run, `work` by every process that attempts."""

    def __init__(self, run: Path) -> None:
        self._run = run
        self._held: list[int] = []
        self._works = False

    def lead(self, *, new: bool = False) -> None:
        """Become the only one to lead this run, once no worker of an earlier pytest is left; a `new` run has none.

        Raises HarnessError where another pytest leads it, or such a worker does not end.
        """
        if not self._take("lead.lock", fcntl.LOCK_EX):
            raise HarnessError(f"another pytest is working on {self._run}: wait for it, or stop it")
        if new:
            return
        until = time.monotonic() + _STRAGGLERS_SECONDS
        while not self._take("work.lock", fcntl.LOCK_EX):
            if time.monotonic() > until:
                self.release()
                raise HarnessError(f"workers of an earlier pytest still attempt in {self._run}: stop them")
            time.sleep(0.1)
        os.close(self._held.pop())

    def work(self) -> None:
        """Say that this process attempts, beside others that do; saying it again does nothing."""
        self._works = self._works or self._take("work.lock", fcntl.LOCK_SH)

    def release(self) -> None:
        """Give back what is held."""
        self._works = False
        while self._held:
            os.close(self._held.pop())

    def _take(self, name: str, kind: int) -> bool:
        try:
            # Not inherited: a container's or an agent's process must not hold it.
            descriptor = os.open(self._run / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise HarnessError(f"cannot lock {self._run}: {error.strerror or error}") from error
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._held.append(descriptor)
        return True
