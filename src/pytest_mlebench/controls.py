"""Control characters in texts that others wrote, which could move a terminal's cursor."""

from __future__ import annotations

__all__ = ["spell_controls"]


def spell_controls(text: str) -> str:
    """`text` with every character that is not printable written as an escape; line ends and tabs are such, too."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
