"""A terminal, as far as pytest and what hangs below its output make use of one."""

from __future__ import annotations

import codecs
import re
import unicodedata

TOKEN = re.compile(
    r"\x1b\[(?P<numbers>[0-9;?]*)(?P<command>[A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|(?P<other>.)", re.S
)


class Emulator:
    """A screen that keeps what scrolls out of it. Anything it does not know is an error."""

    def __init__(self, rows: int = 24, columns: int = 80) -> None:
        self.rows, self.columns = rows, columns
        self.lines: list[list[str]] = [[]]
        self.row = self.column = 0
        self._rest = ""
        self._decode = codecs.getincrementaldecoder("utf-8")().decode

    @property
    def top(self) -> int:
        return max(0, len(self.lines) - self.rows)

    @property
    def text(self) -> str:
        """All lines, those that scrolled out too, without blanks at their ends."""
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()

    def resize(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns

    def receive(self, data: bytes) -> None:
        self.feed(self._decode(data))

    def feed(self, text: str) -> None:
        text = self._rest + text
        # A sequence that has not come whole.
        cut = text.rfind("\x1b")
        self._rest = text[cut:] if cut >= 0 and re.fullmatch(r"\x1b(\[[0-9;?]*|\][^\x07\x1b]*)?", text[cut:]) else ""
        for token in TOKEN.finditer(text[: len(text) - len(self._rest)]):
            if token["command"]:
                self._command(token["command"], token["numbers"])
            elif token["other"]:
                self._character(token["other"])

    def _command(self, command: str, numbers: str) -> None:
        n = int(numbers or 1) if numbers.isdecimal() or not numbers else 0
        line = self.lines[self.row]
        if command == "J" and not numbers:
            del line[self.column :]
            for below in self.lines[self.row + 1 :]:
                below.clear()
        elif command == "K" and not numbers:
            del line[self.column :]
        elif command == "A":
            self.row = max(self.top, self.row - n)
            self.column = min(self.column, self.columns - 1)
        elif command == "C":
            self.column = min(self.columns - 1, self.column + n)
        elif command != "m":
            raise AssertionError(f"unknown: ESC [ {numbers} {command}")

    def _character(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self._down()
        elif character.isprintable():
            width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if self.column + width > self.columns:
                self.column = 0
                self._down()
            line = self.lines[self.row]
            line.extend(" " * (self.column + width - len(line)))
            line[self.column : self.column + width] = [character] + [""] * (width - 1)
            self.column += width
        else:
            raise AssertionError(f"unknown: {character!r}")

    def _down(self) -> None:
        self.row += 1
        if self.row == len(self.lines):
            self.lines.append([])
