"""A terminal that shows lines which change, and takes one key: q, to leave."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pytest_mlebench.reporting.watching.table import Line

__all__ = ["Screen"]


class Screen:
    """Used in a with statement; the last lines stay on the terminal, which is left as it was found."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.live import Live

        self._console = Console(highlight=False, markup=False)
        # Refreshed here alone: a thread that draws the same again would cost more than all else.
        self._live = Live(
            console=self._console,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
            vertical_overflow="crop",
        )
        self._undo = contextlib.ExitStack()
        self._keys: int | None = None

    @property
    def width(self) -> int:
        """Columns; one is left free, because some terminals wrap a line that fills the last."""
        return max(1, self._console.width - 1)

    @property
    def height(self) -> int:
        """Lines."""
        return self._console.height

    def __enter__(self) -> Screen:
        with contextlib.ExitStack() as undo:
            # A terminal whose keys are not echoed, or without a cursor, would be a nuisance to whoever comes next.
            for ending in (signal.SIGTERM, signal.SIGHUP):
                undo.callback(signal.signal, ending, signal.signal(ending, _leave))
            self._take_keys(undo)
            undo.enter_context(self._live)
            self._undo = undo.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def draw(self, lines: Sequence[Line]) -> None:
        """Show these in place of those shown before."""
        from rich.console import Group
        from rich.text import Text

        texts = [Text(text, style=style, no_wrap=True, overflow="crop") for text, style in lines]
        self._live.update(Group(*texts), refresh=True)

    def wait(self, seconds: float) -> bool:
        """Wait, and say whether to go on: False at once where q is pressed."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if self._keys is None:
                time.sleep(left)
            elif select.select([self._keys], [], [], left)[0]:
                try:
                    keys = os.read(self._keys, 1024)
                except OSError:
                    keys = b""
                if b"q" in keys.lower():
                    return False
                if not keys:  # nobody types any more
                    self._keys = None
        return True

    def _take_keys(self, undo: contextlib.ExitStack) -> None:
        """Read keys as they are pressed, where this process is the one that is typed to."""
        import termios
        import tty

        with contextlib.suppress(OSError, ValueError, termios.error):
            keys = sys.stdin.fileno()
            if os.isatty(keys) and not _is_in_background(keys):
                undo.callback(termios.tcsetattr, keys, termios.TCSADRAIN, termios.tcgetattr(keys))
                tty.setcbreak(keys)
                self._keys = keys


def _is_in_background(terminal: int) -> bool:
    """Whether a shell gave the terminal to another job: to change it would stop this process."""
    try:
        return os.tcgetpgrp(terminal) != os.getpgrp()
    except OSError:  # not the terminal that started this process
        return False


def _leave(number: int, _: FrameType | None) -> None:
    raise typer.Exit(128 + number)
