"""What a preparation says while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pytest_mlebench.quantities import format_size

__all__ = ["Progress", "Step", "silent"]


@dataclass(frozen=True, kw_only=True)
class Step:
    """One word of progress; `str` of it is a line for a person."""

    competition: str
    doing: str
    """For a person: ``downloading``, ``waiting for another process that prepares it``."""
    done: int | None = None
    """Bytes done of `total`; None where there is nothing to count."""
    total: int | None = None

    def __str__(self) -> str:
        text = f"{self.competition}: {self.doing}"
        if self.done is not None:
            text += f" {format_size(self.done)}" + (f" of {format_size(self.total)}" if self.total else "")
        return text


Progress = Callable[[Step], None]
"""Called with each step, from the thread that prepares; must not block."""


def silent(step: Step) -> None:
    """A progress that says nothing."""
