"""Waiting for what another process or thread does."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def wait_for(
    condition: Callable[[], object],
    seconds: float = 60.0,
    otherwise: Callable[[], object] = lambda: "waited in vain",
    every: float = 0.05,
) -> None:
    """Wait until the condition holds, looking `every` so many seconds; the time is one that only a hang reaches."""
    deadline = time.monotonic() + seconds
    while True:
        # Looked at before, so that one that was held up itself looks once more.
        is_late = time.monotonic() > deadline
        if condition():
            return
        assert not is_late, otherwise()
        time.sleep(every)


def text_of(path: Path) -> str:
    """What another process has written to a file so far; nothing where there is none yet."""
    try:
        return path.read_text()
    except FileNotFoundError:
        return ""


def is_running(pid: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
