"""Budgets of tokens or money: what an attempt may use of its language model, and what it says that it used."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

from pytest_mlebench.files import open_untrusted

__all__ = ["USAGE", "Budget", "Usage", "read_usage"]

USAGE = "usage.json"
"""In the logs folder of an attempt: ``{"tokens": 120000, "cost": 1.25}``, written by the agent as it goes."""

_LARGEST = 1 << 16
_AMOUNT = re.compile(r"(\$?)(\d+(?:\.\d+)?)\s*([km]?)\s*(\$|usd|tokens?|tok)?", re.IGNORECASE)
_THOUSANDS = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True)
class Usage:
    """What an attempt has used so far; None where that is not known."""

    tokens: int | None = None
    cost: float | None = None
    """US dollars."""


@dataclass(frozen=True)
class Budget:
    """What an attempt may use; None for no limit."""

    tokens: int | None = None
    cost: float | None = None
    """US dollars."""

    @classmethod
    def parse(cls, text: str) -> Budget:
        """The budget in ``20usd``, ``$20``, ``5000000tokens``, ``5mtokens``, or two of them with a comma between.

        Raises ValueError for anything else.
        """
        amounts: dict[str, float] = {}
        for part in text.split(","):
            match = _AMOUNT.fullmatch(part.strip())
            unit = (match[4] or "").lower() if match is not None else ""
            if match is None or bool(match[1]) == bool(unit) or float(match[2]) <= 0:
                raise ValueError(f"not a budget: {text!r} (write it like 20usd, 5mtokens, or both with a comma)")
            name = "tokens" if unit.startswith("tok") else "cost"
            if name in amounts:
                raise ValueError(f"two limits of one kind in {text!r}: keep one")
            amounts[name] = float(match[2]) * _THOUSANDS[match[3].lower()]
        return cls(tokens=int(amounts["tokens"]) if "tokens" in amounts else None, cost=amounts.get("cost"))

    def exceeded(self, usage: Usage) -> str | None:
        """Why an attempt that used this much ends, for a person; None where it may go on."""
        if self.cost is not None and (usage.cost or 0) >= self.cost:
            return f"ended at its budget: it used {usage.cost:.2f} of {self.cost:.2f} USD"
        if self.tokens is not None and (usage.tokens or 0) >= self.tokens:
            return f"ended at its budget: it used {usage.tokens:,} of {self.tokens:,} tokens"
        return None


def read_usage(logs: Path) -> Usage:
    """What the agent says in the file `USAGE` of its logs folder; nothing where it says nothing that can be read."""
    with contextlib.suppress(OSError, ValueError, TypeError, AttributeError, RecursionError):
        descriptor = open_untrusted(logs / USAGE)
        try:
            value = json.loads(os.read(descriptor, _LARGEST))
        finally:
            os.close(descriptor)
        tokens, cost = _amount(value.get("tokens")), _amount(value.get("cost"))
        return Usage(tokens=None if tokens is None else int(tokens), cost=cost)
    return Usage()


def _amount(value: object) -> float | None:
    """A finite number that is not negative, else None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        return None
    return float(value) if math.isfinite(value) else None
