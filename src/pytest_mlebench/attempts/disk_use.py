"""How much disk an attempt's folders take, measured while the agent writes to them."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path

__all__ = ["DiskUse", "used"]

_FIRST_PAUSE = 1.0
_SHARE = 0.05


class DiskUse:
    """Measures `folders` again and again in a thread, which takes at most a twentieth of the time for it."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = list(folders)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="disk use", daemon=True)
        self.bytes = 0
        """What they took when they were last measured."""

    def start(self) -> None:
        """Begin to measure."""
        self._thread.start()

    def stop(self) -> None:
        """Measure no more. Stopping what was not started is harmless."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _measure(self) -> None:
        pause = _FIRST_PAUSE
        while not self._stopping.wait(pause):
            began = time.monotonic()
            self.bytes = sum(used(folder, self._stopping) for folder in self._folders)
            pause = max(_FIRST_PAUSE, (time.monotonic() - began) / _SHARE)


def used(folder: Path, stopping: threading.Event | None = None) -> int:
    """Bytes that the files in `folder` take on disk, hard links counted once; follows no link, passes over what goes.

    Ends early, with what was counted so far, where `stopping` is set.
    """
    total, seen, todo = 0, set(), [os.fspath(folder)]
    while todo and not (stopping is not None and stopping.is_set()):
        with contextlib.suppress(OSError), os.scandir(todo.pop()) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    found = entry.stat(follow_symlinks=False)
                    if found.st_nlink > 1 and not entry.is_dir(follow_symlinks=False):
                        if (found.st_dev, found.st_ino) in seen:
                            continue
                        seen.add((found.st_dev, found.st_ino))
                    total += found.st_blocks * 512
                    if entry.is_dir(follow_symlinks=False):
                        todo.append(entry.path)
    return total
