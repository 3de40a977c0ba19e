"""What an attempt has used of its models, as the gateway counted it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlebench.attempts.budget import Usage

__all__ = ["ModelUsage"]


@dataclass(frozen=True, kw_only=True)
class ModelUsage:
    """Sums over the requests of one attempt that have ended."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float | None = None
    """US dollars; None where no request's price was known."""
    requests: int = 0
    """All that named a model, also those that were refused."""
    failures: int = 0
    """Those of them that ended with an error, or broke off."""
    models: tuple[str, ...] = ()
    """The names asked for, sorted; the first 32."""

    @property
    def tokens(self) -> int:
        """Of input and output together."""
        return self.input_tokens + self.output_tokens

    @property
    def spent(self) -> Usage:
        """In the form that budgets are held against."""
        return Usage(tokens=self.tokens, cost=self.cost)

    def to_json(self) -> dict[str, Any]:
        """For JSON; `tokens` is among it for readers."""
        return {**dataclasses.asdict(self), "models": list(self.models), "tokens": self.tokens}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> ModelUsage:
        """What `to_json` gave."""
        fields = {key: given for key, given in value.items() if key != "tokens"}
        return cls(**{**fields, "models": tuple(value.get("models", ()))})
