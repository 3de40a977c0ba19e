"""The attempts of a run that have ended, read once each."""

from __future__ import annotations

import contextlib
import math
import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pytest_mlebench.attempts.folders import AttemptFolder
from pytest_mlebench.attempts.record import Outcome
from pytest_mlebench.attempts.status import FOLDER

__all__ = ["Ended", "EndedAttempts"]

_LARGEST = 1 << 20
"""Bytes; an attempt.json takes some thousand."""
_OUTCOMES = frozenset(get_args(Outcome))


@dataclass(frozen=True)
class Ended:
    """What there is to know of an attempt that has ended."""

    competition: str
    outcome: Outcome | None
    """None where its attempt.json cannot be read."""
    complexity: str = ""
    seconds: float | None = None
    """The agent's time; infinite where its limit ended it."""
    created_at: str = ""


class EndedAttempts:
    """The ended attempts of one run; a file that has not changed since the last look is not read again."""

    def __init__(self, run: Path) -> None:
        self._run = str(run)
        self._known: dict[str, tuple[tuple[int, int, int], Ended]] = {}
        self.changed = 0.0
        """When the newest of them was written, in seconds since the epoch."""

    def look(self) -> Mapping[str, Ended]:
        """The ended attempts by name, as they are now."""
        known, self._known = self._known, {}
        for competition, seed, path in self._files():
            # Vanishing files and folders are nothing special: a run that goes on renames what it attempts again.
            with contextlib.suppress(OSError):
                info = os.stat(path)  # noqa: PTH116
                state = (info.st_ino, info.st_size, info.st_mtime_ns)
                name = f"{competition}-{seed}"
                before = known.get(name)
                self._known[name] = before if before and before[0] == state else (state, _read(path, competition, info))
                self.changed = max(self.changed, info.st_mtime)
        return {name: ended for name, (_, ended) in self._known.items()}

    def _files(self) -> Iterator[tuple[str, int, str]]:
        for competition in _names(self._run):
            if competition == FOLDER:
                continue
            for name in _names(f"{self._run}/{competition}"):
                if match := re.fullmatch(r"seed-(\d{1,9})", name):
                    yield competition, int(match[1]), f"{self._run}/{competition}/{name}/attempt.json"


def _names(folder: str) -> list[str]:
    try:
        return os.listdir(folder)  # noqa: PTH208
    except OSError:
        return []


def _read(path: str, competition: str, info: os.stat_result) -> Ended:
    regular = stat.S_ISREG(info.st_mode) and info.st_size <= _LARGEST
    record = None
    with contextlib.suppress(RecursionError):  # of braces that a damaged file may be full of
        record = AttemptFolder(Path(path).parent).read_record() if regular else None
    if record is None or record.outcome not in _OUTCOMES:
        return Ended(competition, None)
    seconds = math.inf if record.timed_out is True else record.seconds
    known = isinstance(seconds, int | float) and seconds >= 0
    return Ended(
        competition, record.outcome, str(record.complexity), seconds if known else None, str(record.created_at or "")
    )
