"""What a look at one thing found, as ``mlebench doctor`` prints it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Check"]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    status: Literal["ok", "missing", "note", "problem"]
    """``missing``: the default run (builtin competitions, baseline agent) needs it; ``problem``: it does not work as it
    should; ``note``: only some runs need it."""
    text: str
    """What is there, or what to do."""
