"""The last line of a log that grows, as one printable line."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pytest_mlebench.controls import spell_controls
from pytest_mlebench.files import open_untrusted

__all__ = ["LastLines", "printable"]

_READ = 4096
"""Bytes from the end of a log that are looked at."""

_SEQUENCE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_].*?(?:\x07|\x1b\\|$)|[ -/]*[0-~])", re.DOTALL)
"""What moves cursors, sets colours or titles."""


class LastLines:
    """The last lines of logs; one that has not changed is not read again."""

    def __init__(self) -> None:
        self._known: dict[Path, tuple[tuple[int, int, int], str]] = {}

    def of(self, path: Path) -> str:
        """The last line of `path` that is not empty; nothing where there is none, or no file.

        Of a line that a progress bar writes again and again, what it shows last. Longer lines are cut at their
        beginning, beyond some thousand bytes.
        """
        try:
            # A stat of its own: most logs have not changed, and need not be opened.
            stat = os.stat(path, follow_symlinks=False)  # noqa: PTH116
            state = (stat.st_ino, stat.st_size, stat.st_mtime_ns)
            if path not in self._known or self._known[path][0] != state:
                self._known[path] = (state, _last_line(path))
        except OSError:
            self._known.pop(path, None)
            return ""
        return self._known[path][1]


def _last_line(path: Path) -> str:
    with os.fdopen(open_untrusted(path), "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _READ))
        text = file.read(_READ).decode("utf-8", "replace")
    for line in reversed(re.split(r"[\r\n]", text)):
        if found := printable(line):
            return found
    return ""


def printable(text: str) -> str:
    """`text` on one line: sequences that steer a terminal left out, other control characters spelled."""
    plain = _SEQUENCE.sub("", text).replace("\t", " ").strip()
    return spell_controls(plain)
