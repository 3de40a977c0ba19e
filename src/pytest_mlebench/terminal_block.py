"""A block of lines that hangs below what a program writes to a terminal, and leaves no trace when it is taken away."""

from __future__ import annotations

import contextlib
import os
import re
import select
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

from pytest_mlebench.reporting.watching.lines import cut, width_of

__all__ = ["TerminalBlock"]

_MOMENT = 1.0  # seconds
_ERASE = "\x1b[J"  # from the cursor to the end of the screen
_TOKENS = re.compile(
    r"""(?P<escape> \x1b \[ [0-?]* [ -/]* [@-~] | \x1b \] .*? (?: \x07 | \x1b \\ ) | \x1b . )
    | (?P<control> [\x00-\x1f\x7f] )
    | (?P<text> [^\x00-\x1f\x7f]+ )""",
    re.DOTALL | re.VERBOSE,
)


class TerminalBlock:
    """Stands in for the file that a program writes to; what is written is what would be there without it.

    The cursor rests where the program left it, so that a write only has to erase what hangs below, and draws it again.
    Where the file is no terminal, single lines can be said and nothing hangs. Safe to use from several threads. A
    terminal that takes no more, as that of a connection that stalls, holds nobody up: it gets all once it takes it.
    """

    def __init__(self, file: TextIO) -> None:
        """The cursor must be at the start of a line. Raises OSError or ValueError for a file without a descriptor."""
        self._file = file
        # Of its own, for pytest puts a file in the place of standard output as long as a test runs.
        self._output = os.dup(file.fileno())
        self._terminal: int | None = None
        if file.isatty():
            with contextlib.suppress(OSError):
                # Opened anew, for others that have it open want to wait for it.
                self._terminal = os.open(
                    os.ttyname(self._output), os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC
                )
        self._lock = threading.RLock()
        self._column = 0
        self._lines: Sequence[str] = ()
        self._drawn = self._was_drawn = False
        self._held = False
        self._closed = False
        self._unsent = b""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    @property
    def is_terminal(self) -> bool:
        """Whether lines can hang."""
        return self._terminal is not None

    def write(self, text: str) -> int:
        """Write as to the file; raises what the file would."""
        with self._lock:
            if not self._leads_out():
                return self._file.write(text)
            if not self._drawn and not self._unsent:
                self._follow(text)
                return self._file.write(text)
            self._file.flush()
            written = text.encode(self._file.encoding or "utf-8", self._file.errors or "strict")
            wiped = self._wiped()
            self._follow(text)
            # Together, or it would flicker.
            self._send(wiped + written + self._block())
            return len(text)

    def show(self, lines: Iterable[str]) -> None:
        """Let these lines hang below, in place of those that do; cut to fit. None hang while it is held."""
        with self._lock:
            if self._closed:
                return
            self._lines = tuple(lines)
            self._flush()
            self._send(b"")
            if self._is_in_foreground() and not self._unsent:
                self._send(self._block())

    def say(self, line: str) -> None:
        """Write one line of its own between what the program writes; left out where that would have to wait."""
        with self._lock:
            if self._closed or not select.select([], [self._output], [], 0)[1]:
                return
            self._flush()
            end = "\r\n" if self._terminal is not None else "\n"
            text = f"{end if self._column else ''}{line}{end}"
            wiped, self._column = self._wiped(), 0
            self._send(wiped + self._encoded(text) + self._block())

    def hold(self, held: bool) -> None:
        """Take the lines away until held no more, as long as somebody else uses the terminal."""
        with self._lock:
            self._held = held
            self._flush()
            self._send(self._wiped())

    def clear(self) -> bool:
        """Take the lines away for good; whether all that was written has got out, within a moment."""
        with self._lock:
            self._held, self._lines = True, ()
            if not self._closed:
                # Even if Ctrl-C came between the account that they are off the screen and the deed.
                self._drawn = self._was_drawn
                with contextlib.suppress(OSError):
                    self._flush()
                    self._send(self._wiped())
            self._was_drawn = False
            return self._drain(_MOMENT)

    def close(self) -> TextIO:
        """Take the lines away, and give back the file once it may be written to again."""
        with self._lock:
            self.clear()
            self._drain(None)
            if not self._closed:
                self._closed = True
                os.close(self._output)
                if self._terminal is not None:
                    os.close(self._terminal)
        return self._file

    @property
    def width(self) -> int:
        """Columns that a line can take."""
        return self._size()[0] - 1  # some terminals wrap a line that fills the last

    def _leads_out(self) -> bool:
        """Whether what is written to the file gets out now; pytest captures standard output at times."""
        return not self._closed and os.path.sameopenfile(self._file.fileno(), self._output)

    def _is_in_foreground(self) -> bool:
        """Whether the terminal is ours and not the shell's: a job in the background draws nothing."""
        if self._terminal is None:
            return False
        try:
            return os.tcgetpgrp(self._terminal) == os.getpgrp()
        except OSError:  # nobody's
            return True

    def _size(self) -> tuple[int, int]:
        """Columns and lines, as they are now."""
        try:
            columns, lines = os.get_terminal_size(self._output)
        except OSError:
            columns, lines = 0, 0
        return columns or 80, lines or 24

    def _block(self) -> bytes:
        """What draws the lines below the cursor and brings it back; nothing where that cannot be done."""
        columns, rows = self._size()
        lines = list(self._lines)
        if len(lines) > (room := rows - 2):
            # The last line is the sum of the others.
            shown = max(room - 2, 0)
            lines = [*lines[:shown], f"... and {len(lines) - 1 - shown} more", lines[-1]][-max(room, 1) :]
        # A cursor that waits behind the last column for the next character could not be put back there.
        if not lines or room < 1 or self._column >= columns or self._held or self._terminal is None:
            return self._wiped()
        self._drawn = self._was_drawn = True
        drawn = "".join(f"\r\n{cut(line, columns - 1)}\x1b[K" for line in lines)
        return self._encoded(f"{drawn}{_ERASE}\x1b[{len(lines)}A\r{self._to_column()}")

    def _wiped(self) -> bytes:
        """What takes the lines off the screen, if they are there; the rest of the cursor's own line stays."""
        was_drawn, self._drawn = self._drawn, False
        return f"\r\n{_ERASE}\x1b[A{self._to_column()}".encode() if was_drawn else b""

    def _to_column(self) -> str:
        return f"\x1b[{self._column}C" if self._column else ""

    def _flush(self) -> None:
        if self._leads_out():
            self._file.flush()

    def _encoded(self, text: str) -> bytes:
        return text.encode(self._file.encoding or "utf-8", "replace")

    def _send(self, data: bytes) -> None:
        """Send what the terminal takes now, and the rest when something is sent the next time."""
        if self._terminal is None:
            if data:
                os.write(self._output, data)
            return
        self._unsent += data
        while self._unsent:
            try:
                self._unsent = self._unsent[os.write(self._terminal, self._unsent) :]
            except BlockingIOError:
                return
            except OSError:
                self._unsent = b""
                raise

    def _drain(self, patience: float | None) -> bool:
        """Wait so many seconds, or for ever, until all is sent; whether it is."""
        until = None if patience is None else time.monotonic() + patience
        with contextlib.suppress(OSError):
            self._send(b"")
            while self._unsent and self._terminal is not None and (until is None or time.monotonic() < until):
                select.select([], [self._terminal], [], 0.1)
                self._send(b"")
        return not self._unsent

    def _follow(self, text: str) -> None:
        """Keep account of where the cursor is."""
        columns = self._size()[0] if self._terminal is not None else 1 << 30
        for token in _TOKENS.finditer(text):
            if token["control"]:
                self._column = _moved(self._column, token["control"], columns)
            for character in token["text"] or "":
                width = width_of(character)
                self._column = width if self._column + width > columns else self._column + width


def _moved(column: int, control: str, columns: int) -> int:
    """The column after a control character."""
    if control in "\r\n":
        return 0
    if control == "\b":
        return max(0, column - 1)
    return min(columns - 1, column // 8 * 8 + 8) if control == "\t" else column
