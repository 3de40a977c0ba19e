"""Processes that carry a job's mark in their environment, found even after they left its process group."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

__all__ = ["MARK", "end", "is_anyone_in", "marked"]

MARK = "MLEBENCH_JOB"
"""The variable that every process of a job inherits; its value is ``<job> <run> <owner>``."""


def marked() -> Iterator[tuple[int, str]]:
    """Process ids and marks of the user's processes that carry one; this process is left out."""
    found = _from_proc() if sys.platform.startswith("linux") else _from_ps()
    return ((pid, mark) for pid, mark in found if pid != os.getpid())


def end(job: str, leader: int | None = None, patience: float = 5.0) -> bool:
    """Kill the processes that carry the job's mark, and those of the session that `leader` began; whether all are gone.

    Looks again until none is left, for they may be starting others; at most `patience` seconds.
    """
    deadline = time.monotonic() + patience
    while True:
        pids = {pid for pid, mark in marked() if mark.partition(" ")[0] == job}
        if leader is not None:
            pids |= _session(leader)
            with contextlib.suppress(OSError):
                os.killpg(leader, signal.SIGKILL)
        for pid in pids:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        if not pids:
            return True
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)


def is_anyone_in(leader: int) -> bool:
    """Whether a process lives in the session that `leader` began, or where that cannot be seen, in its group."""
    if sys.platform.startswith("linux"):
        return bool(_session(leader))
    try:
        os.killpg(leader, 0)
    except OSError:
        return False
    return True


def _from_proc() -> Iterator[tuple[int, str]]:
    prefix = f"{MARK}=".encode()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):  # not ours, or gone already
            for entry in (folder / "environ").read_bytes().split(b"\0"):
                if entry.startswith(prefix):
                    yield int(folder.name), entry[len(prefix) :].decode(errors="replace")
                    break


def _from_ps() -> Iterator[tuple[int, str]]:
    """On macOS ps shows the environment of the user's own processes, after their arguments."""
    answer = subprocess.run(["ps", "-A", "-E", "-ww", "-o", "pid=,command="], capture_output=True, check=False)
    for line in answer.stdout.decode(errors="replace").splitlines():
        pid, _, rest = line.strip().partition(" ")
        words = rest.partition(f" {MARK}=")[2].split(" ")
        if pid.isdecimal() and len(words) >= 3:
            yield int(pid), " ".join(words[:3])


def _session(leader: int) -> set[int]:
    """Living processes of the session; zombies and the rest of the machine left out."""
    if not sys.platform.startswith("linux"):
        return set()
    found = set()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdecimal():
            continue
        with contextlib.suppress(OSError):
            # After the name in parentheses: state, parent, group, session.
            fields = (folder / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == leader and fields[0] not in "ZX":
                found.add(int(folder.name))
    return found
