"""What a preparation says while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pytest_mlebench.quantities import format_size

__all__ = ["Progress", "Step", "silent"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One word of progress; `str` of it is a line for a person."""

    competition: str
    doing: str
    """For a person: ``downloading``, ``waiting for another process that prepares it``."""
    done: int | None = None
    """How much is done of `total`; None where there is nothing to count."""
    total: int | None = None
    unit: Literal["bytes", "files"] = "bytes"

    @property
    def amount(self) -> str:
        """What is done, for a person; empty where there is nothing to count."""
        if self.done is None:
            return ""
        shown = format_size if self.unit == "bytes" else "{:,}".format
        return shown(self.done) + (f" of {shown(self.total)}" if self.total else "")

    def __str__(self) -> str:
        return f"{self.competition}: {self.doing} {self.amount}".rstrip()


Progress = Callable[[Step], None]
"""Called with each step, from the thread that prepares; must not block."""


def silent(step: Step) -> None:
    """A progress that says nothing."""
