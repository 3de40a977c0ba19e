"""Faults that are injected into a run that goes on: processes killed, containers removed, the run interrupted."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

from pytest_mlebench.attempts.status import read_statuses

__all__ = ["Faults"]


class Faults:
    """Injects faults into one pytest after another, and remembers which attempts each may have hit."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.counts: dict[str, int] = {}
        self.hit: set[str] = set()

    def pause(self) -> float:
        """Seconds until the next fault."""
        return self._random.uniform(1.0, 6.0)

    def inject(self, run: Path, pytest_pid: int) -> None:
        """Cause one fault, chosen at random; those that end the whole run are rarer."""
        kinds: list[Callable[[Path, int], bool]] = [
            self._kill_a_worker,
            self._kill_a_worker,
            self._remove_a_container,
            self._remove_a_container,
            self._kill_an_agent,
            self._end_the_run,
        ]
        chosen = self._random.choice(kinds)
        before = self._in_flight(run)
        if chosen(run, pytest_pid):
            # What begins while the fault happens may be hit too.
            self.hit |= before | self._in_flight(run)

    def _count(self, what: str) -> bool:
        self.counts[what] = self.counts.get(what, 0) + 1
        return True

    @staticmethod
    def _in_flight(run: Path) -> set[str]:
        return {status.attempt for status in read_statuses(run)}

    def _kill_a_worker(self, run: Path, pytest_pid: int) -> bool:
        workers = [pid for pid in children(pytest_pid) if "exec(eval(" in command(pid)]
        if not workers:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._random.choice(workers), signal.SIGKILL)
        return self._count("worker killed")

    def _remove_a_container(self, run: Path, pytest_pid: int) -> bool:
        found = containers(run.name)
        if not found:
            return False
        subprocess.run(["docker", "rm", "-f", self._random.choice(found)], capture_output=True, check=False)
        return self._count("container removed")

    def _kill_an_agent(self, run: Path, pytest_pid: int) -> bool:
        """Kill a container's first process: the engine reports the agent's end by signal 9."""
        found = containers(run.name)
        if not found:
            return False
        subprocess.run(["docker", "kill", self._random.choice(found)], capture_output=True, check=False)
        return self._count("container killed")

    def _end_the_run(self, run: Path, pytest_pid: int) -> bool:
        number = self._random.choice([signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
        with contextlib.suppress(ProcessLookupError):
            if number == signal.SIGINT:  # as a terminal's Ctrl-C: to the whole group
                os.killpg(pytest_pid, number)
            else:
                os.kill(pytest_pid, number)
        return self._count(f"pytest ended by {number.name}")


def containers(run: str) -> list[str]:
    """Ids of the run's containers."""
    command = ["docker", "ps", "-aq", "--filter", f"label=mlebench.run={run}"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()


def children(pid: int) -> list[int]:
    """Processes that `pid` started."""
    found = []
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (task / "children").read_text().split()]
    return found


def command(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""
