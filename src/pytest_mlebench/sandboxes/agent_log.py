"""The agent's log: what it prints, written as it comes, bounded, and without secrets."""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pytest_mlebench.sandboxes.redaction import Redactor

__all__ = ["LIMIT", "AgentLog"]

LIMIT = 64 << 20
"""Bytes that a log may have, where nothing else is said."""

_RETRY = 1.0  # seconds between two tries to write to a disk that takes nothing
_BLOCK = 1 << 20
_WINDOW = 4096  # bytes in which the end of a line is looked for


class AgentLog:
    """A file to which is appended what an agent prints, at once and without secrets; for use by one thread.

    **Secrets** are replaced as `Redactor` says. What may be the beginning of one is held back until more comes; call
    `flush` when nothing came for a while.

    **Bounds.** The file never has more than `limit` bytes. When they are reached, its first quarter stays, its newest
    quarter stays, both at the ends of lines where there are any, and between them is a line that counts the bytes which
    went::

        [mlebench: 1234567 bytes left out here]

    The shorter file is written beside it and renamed over it, so that a reader finds the one or the other, whole, at
    any time. **To follow it**: when the path leads to another file (inode) than the open one, read the open one to its
    end, nothing comes after that; its last bytes (more than 64 KiB of them, at the usual limit) stand in the new file,
    too, after the line, and what came later stands behind them. A file that was there at the beginning is appended to.

    **A disk that is full** stops nothing: what cannot be written is left out and counted in a line of the same form
    when the disk takes bytes again, which is tried every second. The first such error is `problem`.
    """

    def __init__(self, path: Path, secrets: Mapping[str, str], limit: int = LIMIT) -> None:
        """`limit` is in bytes, at least 256. Raises OSError where the file cannot be opened."""
        self._redactor = Redactor(secrets)
        self._file = _BoundedFile(path, limit)

    @property
    def problem(self) -> OSError | None:
        """The first error in writing; None where all was written."""
        return self._file.problem

    def write(self, data: bytes) -> None:
        """Append `data`; never raises for the file's sake."""
        self._file.write(self._redactor.feed(data))

    def flush(self) -> None:
        """Write also what was held back as the possible beginning of a secret."""
        self._file.write(self._redactor.rest())

    def close(self) -> None:
        """Write what is left, and close the file; closing again is harmless."""
        self.flush()
        self._file.close()


@dataclass(frozen=True)
class _Gap:
    """A line in the file, and the bytes for which it stands."""

    at: int
    length: int
    stands_for: int

    @property
    def end(self) -> int:
        return self.at + self.length


class _BoundedFile:
    """Appends; shortens itself in the middle; counts what it could not take."""

    def __init__(self, path: Path, limit: int) -> None:
        self._path = path
        self._limit = limit
        self._quarter = limit // 4
        self._descriptor: int | None = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        self._size = os.fstat(self._descriptor).st_size
        self._gaps: list[_Gap] = []
        self._lost = 0  # bytes that are to be counted in the next line
        self._again_at = 0.0
        self.problem: OSError | None = None

    def write(self, data: bytes) -> None:
        # In pieces for which a shortened file has room.
        view = memoryview(data)
        for start in range(0, len(data), self._quarter):
            self._write(view[start : start + self._quarter])

    def close(self) -> None:
        if self._descriptor is not None:
            self._again_at = 0.0
            self._write(memoryview(b""))
            os.close(self._descriptor)
            self._descriptor = None

    def _write(self, data: memoryview) -> None:
        if self._lost and time.monotonic() < self._again_at:
            self._lost += len(data)
            return
        try:
            if self._lost:
                self._tell_lost()
            self._make_room(len(data))
            while data:
                data = data[self._append(data) :]
        except OSError as error:
            self.problem = self.problem or error
            self._lost += len(data)
            self._again_at = time.monotonic() + _RETRY

    def _append(self, data: bytes | memoryview) -> int:
        written = os.write(self._open, data)
        self._size += written
        return written

    def _tell_lost(self) -> None:
        line = self._line(self._size, self._lost)
        self._make_room(len(line))
        line, at = self._line(self._size, self._lost), self._size
        try:
            while self._size < at + len(line):
                self._append(line[self._size - at :])
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._open, at)
                self._size = at
            raise
        self._gaps.append(_Gap(at, len(line), self._lost))
        self._lost = 0

    def _make_room(self, size: int) -> None:
        if self._size + size <= self._limit:
            return
        head, tail = self._line_end_before(self._quarter), self._line_start_after(self._size - self._quarter)
        for gap in self._gaps:
            if gap.at < head < gap.end:
                head = gap.at
            if gap.at < tail < gap.end:
                tail = gap.end
        gone = [gap for gap in self._gaps if head <= gap.at < tail]
        left_out = tail - head - sum(gap.length for gap in gone) + sum(gap.stands_for for gap in gone)
        line = self._line(head, left_out)
        self._replace(head, line, tail)
        shift = head + len(line) - tail
        before = [gap for gap in self._gaps if gap.at < head]
        after = [replace(gap, at=gap.at + shift) for gap in self._gaps if gap.at >= tail]
        self._gaps = [*before, _Gap(head, len(line), left_out), *after]
        self._size += shift

    def _replace(self, head: int, line: bytes, tail: int) -> None:
        """Put a file with the first `head` bytes, the line, and the bytes from `tail` on in the place of this one."""
        beside = self._path.with_name(f".{self._path.name}.shorter")
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        new = os.open(beside, flags, 0o600)
        try:
            os.fchmod(new, stat.S_IMODE(os.fstat(self._open).st_mode))
            self._copy(new, 0, head)
            _write_all(new, line)
            self._copy(new, tail, self._size)
            beside.replace(self._path)
        except OSError:
            os.close(new)
            with contextlib.suppress(OSError):
                beside.unlink()
            raise
        os.close(self._open)
        self._descriptor = new

    def _copy(self, new: int, start: int, end: int) -> None:
        while start < end and (block := os.pread(self._open, min(_BLOCK, end - start), start)):
            _write_all(new, block)
            start += len(block)

    def _line(self, at: int, left_out: int) -> bytes:
        """The line that says what was left out, to stand at `at`."""
        begins = at == 0 or os.pread(self._open, 1, at - 1) == b"\n"
        return (b"" if begins else b"\n") + b"[mlebench: %d bytes left out here]\n" % left_out

    def _line_end_before(self, place: int) -> int:
        """The place after the last line end before `place`, or `place` where none is near."""
        window = min(_WINDOW, self._quarter // 2)
        return place - window + found + 1 if (found := self._peek(place - window, window).rfind(b"\n")) >= 0 else place

    def _line_start_after(self, place: int) -> int:
        window = min(_WINDOW, self._quarter // 2)
        return place + found if (found := self._peek(place - 1, window).find(b"\n")) >= 0 else place

    def _peek(self, place: int, size: int) -> bytes:
        return os.pread(self._open, size, place)

    @property
    def _open(self) -> int:
        if self._descriptor is None:
            raise ValueError("the log is closed")
        return self._descriptor


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
