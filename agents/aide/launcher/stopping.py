"""Stopping when told to, but never in the middle of writing."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Stop", "Stopped"]


class Stopped(BaseException):
    """Raised where the program is when it is told to end."""


class Stop:
    """From its making on, SIGTERM raises Stopped in the main thread: at once, or at the end of `later`."""

    def __init__(self) -> None:
        self._waiting = 0
        self.told = False
        signal.signal(signal.SIGTERM, self._on_signal)
        # AIDE ends the processes of its scripts by this signal.
        os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))

    @contextmanager
    def later(self) -> Iterator[None]:
        """Put it off until this block has ended."""
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
        self.check()

    def check(self) -> None:
        """Raise Stopped if it was told to end before."""
        if self.told and not self._waiting:
            raise Stopped

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        if not self.told:
            self.told = True
            self.check()
