"""What attempts, and the whole run, have used of their models, held against their budgets."""

from __future__ import annotations

import asyncio
from typing import Any

from pytest_mlebench.attempts.budget import Budget, Usage
from pytest_mlebench.attempts.gateway.counting import Count
from pytest_mlebench.attempts.gateway.model_error import ModelError
from pytest_mlebench.attempts.gateway.model_usage import ModelUsage

__all__ = ["Account", "RunAccount"]

_MOST_NAMES = 32


class RunAccount:
    """The run's: what it had spent before, and what its attempts spend now."""

    def __init__(self, budget: Budget | None, spent: Usage) -> None:
        self._budget, self._tokens, self._cost = budget, spent.tokens or 0, spent.cost
        self.over: str | None = None
        """For a person, once its budget is used up."""
        self._look()

    @property
    def is_limited_in_money(self) -> bool:
        """Whether there is a limit in US dollars."""
        return self._budget is not None and self._budget.cost is not None

    def add(self, count: Count) -> None:
        """Take in what a request used."""
        self._tokens += count.input_tokens + count.output_tokens
        if count.cost is not None:
            self._cost = (self._cost or 0.0) + count.cost
        if self.over is None:
            self._look()

    def _look(self) -> None:
        budget, used = self._budget, Usage(tokens=self._tokens, cost=self._cost)
        if budget is None or budget.exceeded(used) is None:
            return
        if budget.cost is not None and (used.cost or 0) >= budget.cost:
            self.over = f"the run's budget is used up: {used.cost:.2f} of {budget.cost:.2f} USD"
        else:
            self.over = f"the run's budget is used up: {used.tokens:,} of {budget.tokens:,} tokens"


class Account:
    """One attempt's."""

    def __init__(self, run: RunAccount, budget: Budget | None) -> None:
        self._run, self._budget = run, budget
        self._input, self._output, self._requests, self._failures = 0, 0, 0, 0
        self._cost: float | None = None
        self._names: set[str] = set()
        self._ever_answered = False
        self._failure: str | None = None
        self._unpriced: str | None = None
        self._run_is_over: str | None = None
        self.unwritten = 0
        """Requests that the transcript lacks."""
        self.changed = asyncio.Event()

    @property
    def usage(self) -> ModelUsage:
        """So far."""
        return ModelUsage(
            input_tokens=self._input,
            output_tokens=self._output,
            cost=self._cost,
            requests=self._requests,
            failures=self._failures,
            models=tuple(sorted(self._names)),
        )

    @property
    def trouble(self) -> str | None:
        """For a person: why the agent had no model, where that was not its own doing."""
        if self._unpriced is not None:
            return self._unpriced
        return None if self._ever_answered else self._failure

    @property
    def names(self) -> list[str]:
        """The models asked for, sorted."""
        return sorted(self._names)

    def state(self) -> dict[str, Any]:
        """What the attempt's worker is told."""
        return {
            "usage": self.usage.to_json(),
            "run_is_over": self._run_is_over,
            "trouble": self.trouble,
            "unwritten": self.unwritten,
        }

    def begin(self) -> None:
        """A request came; `end` it."""
        self._requests += 1

    def admit(self, name: object) -> None:
        """A request is for this model; raises ModelError where a budget is used up."""
        if isinstance(name, str) and len(name) <= 300 and len(self._names) < _MOST_NAMES:
            self._names.add(name)
        used = None if self._budget is None else self._budget.exceeded(self.usage.spent)
        if used is not None:
            raise _used_up(f"the attempt's budget is used up: it {used.partition(': it ')[2] or used}")
        if self._run.over is not None:
            self._run_is_over = self._run.over
            raise _used_up(self._run.over)
        if self._unpriced is not None:
            raise _used_up(self._unpriced)

    def add(self, name: str, count: Count) -> None:
        """Take in what a request used."""
        self._input += count.input_tokens
        self._output += count.output_tokens
        if count.cost is not None:
            self._cost = (self._cost or 0.0) + count.cost
        elif self._run.is_limited_in_money or (self._budget is not None and self._budget.cost is not None):
            self._unpriced = (
                f"the price of the model {name} is not known, so that no budget in USD can be kept: give it in tokens"
            )
        self._run.add(count)

    def end(self, error: ModelError | None, broken_off: bool = False) -> None:
        """A request that began ended: with this error, or with an answer, whole or broken off."""
        self._failures += error is not None or broken_off
        if error is None:
            self._ever_answered = self._ever_answered or not broken_off
        elif error.is_of == "model":
            self._failure = f"no request to the model succeeded: {' '.join(str(error).split())[:600]} ({error.status})"
        self.changed.set()


def _used_up(message: str) -> ModelError:
    return ModelError(402, message, code="insufficient_quota", is_of="limit")
