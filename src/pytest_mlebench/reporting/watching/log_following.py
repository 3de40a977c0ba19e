"""Reading a log while it is written, also across its being replaced by a shorter form of itself."""

from __future__ import annotations

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from pytest_mlebench.files import open_untrusted

__all__ = ["GrowingLog"]

_BLOCK = 1 << 16
_KNOWN_BY = 1 << 16
"""Bytes at the end of what was read by which the place is found again in the log's shorter form."""
_SAME = 1 << 10
"""Bytes that a log and its replacement begin with in common, where one is a form of the other."""


class GrowingLog:
    """A log that may not be there yet, grows, and is now and then renamed over with its middle left out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None
        self._place = 0

    def open(self, lines: int | None = None) -> bool:
        """Open it, with only the last `lines` still to be read; False where it is not there.

        Raises OSError where it is there and cannot be opened.
        """
        if self._descriptor is None:
            try:
                self._descriptor = open_untrusted(self._path)
            except (FileNotFoundError, NotADirectoryError):
                return False
            self._place = 0 if lines is None else _last_lines(self._descriptor, lines)
        return True

    def close(self) -> None:
        """Read no more; harmless when closed already."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def read(self) -> Iterator[bytes]:
        """What was written since, in pieces."""
        yield from self._rest()
        # Only what is read to its end is left for another file, so that nothing written before is lost.
        while self._descriptor is not None and self._is_replaced():
            try:
                descriptor = open_untrusted(self._path)
            except OSError:
                return
            yield from self._rest()
            found = _place_in(descriptor, self._descriptor)
            size = os.fstat(self._descriptor).st_size
            if found is None and size and os.pread(self._descriptor, 1, size - 1) != b"\n":
                yield b"\n"  # the line that it ends with is among what was left out
            place = _after_the_same(descriptor, self._descriptor) if found is None else found
            os.close(self._descriptor)
            self._descriptor, self._place = descriptor, place
            yield from self._rest()

    def _rest(self) -> Iterator[bytes]:
        if self._descriptor is None:
            return
        if os.fstat(self._descriptor).st_size < self._place:  # cut off at its beginning
            self._place = 0
        while piece := os.pread(self._descriptor, _BLOCK, self._place):
            self._place += len(piece)
            yield piece

    def _is_replaced(self) -> bool:
        try:
            there = os.stat(self._path, follow_symlinks=False)  # noqa: PTH116
        except OSError:
            return False
        return self._descriptor is not None and not os.path.samestat(there, os.fstat(self._descriptor))


def _place_in(new: int, old: int) -> int | None:
    """Where in `new` goes on what `old` ends with; None where it left that out."""
    size = os.fstat(old).st_size
    common = _in_common(new, old)
    if common == size:
        return size
    if not os.fstat(new).st_size:
        return None
    known = os.pread(old, _KNOWN_BY, max(0, size - _KNOWN_BY))
    with mmap.mmap(new, 0, access=mmap.ACCESS_READ) as content:
        found = content.find(known, common)
    return None if found < 0 else found + len(known)


def _after_the_same(new: int, old: int) -> int:
    """Where `new` begins to differ from `old`, of which it is a form; its beginning, where it is another log."""
    common = _in_common(new, old)
    return common if common >= _SAME else 0


def _in_common(one: int, other: int) -> int:
    """How many bytes two files begin with in common."""
    place = 0
    while True:
        a, b = os.pread(one, _BLOCK, place), os.pread(other, _BLOCK, place)
        if a != b or not a:
            return place + next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        place += len(a)


def _last_lines(descriptor: int, lines: int) -> int:
    """Where the last `lines` lines begin."""
    start = os.fstat(descriptor).st_size
    # A line end at the very end ends the last line, and begins none.
    wanted = lines + (os.pread(descriptor, 1, max(0, start - 1)) == b"\n")
    if lines <= 0:
        return start
    while start > 0:
        size = min(_BLOCK, start)
        start -= size
        block = os.pread(descriptor, size, start)
        if (n := block.count(b"\n")) < wanted:
            wanted -= n
            continue
        place = len(block)
        for _ in range(wanted):
            place = block.rindex(b"\n", 0, place)
        return start + place + 1
    return 0
