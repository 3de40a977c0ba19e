"""What an agent printed, for a person's terminal: its colours, and nothing else that steers a terminal."""

from __future__ import annotations

import codecs
import re

from pytest_mlebench.controls import spell_controls

__all__ = ["SafeText"]

_SPECIAL = re.compile(r"\x1b\[[0-9;:]{0,64}m|\r+\n|\r+|[^\n\t\x20-\x7e]")
_UNFINISHED = re.compile(r"(?:\r+|\x1b(?:\[[0-9;:]{0,64})?)\Z")
"""At the end of a piece: may turn out to be a colour, or the end of a line, with the next."""


class SafeText:
    """Takes bytes in pieces, gives text: returns of progress bars are line ends, other control characters spelled."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._left = ""
        self._coloured = False

    def feed(self, piece: bytes) -> str:
        """The text that is certain by now."""
        text = self._left + self._decoder.decode(piece)
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._left = text[end:]
        return _SPECIAL.sub(self._replaced, text[:end])

    def end(self) -> str:
        """The rest; colours that are still on are switched off."""
        text = _SPECIAL.sub(self._replaced, self._left + self._decoder.decode(b"", final=True))
        return text + ("\x1b[0m" if self._coloured else "")

    def _replaced(self, match: re.Match[str]) -> str:
        found = match[0]
        if found.startswith("\r"):
            return "\n"
        if len(found) > 1:
            self._coloured = found not in ("\x1b[m", "\x1b[0m")
            return found
        return spell_controls(found)
