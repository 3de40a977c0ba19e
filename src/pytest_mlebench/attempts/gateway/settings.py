"""What the gateway's process is told when it starts."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from pytest_mlebench.attempts.budget import Budget, Usage

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """One line of JSON on standard input; there are no secrets in it: keys come with the environment."""

    control: str
    """Path of the Unix socket at which workers open attempts."""
    model_url: str | None
    """An OpenAI-compatible base URL to which every request goes; None for the provider that a model's name says."""
    run_budget: Budget | None
    """What all attempts together may use."""
    spent: Usage
    """What the run has used before this process."""
    patience: float
    """Seconds from a request's first failure after which it is not tried again."""

    def to_line(self) -> str:
        """The line, with its end."""
        return json.dumps(dataclasses.asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Settings:
        """What `to_line` wrote."""
        value = json.loads(line)
        budget = value["run_budget"]
        value |= {"run_budget": None if budget is None else Budget(**budget), "spent": Usage(**value["spent"])}
        return cls(**value)
