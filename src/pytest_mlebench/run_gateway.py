"""The model gateway of a run: one process, which the pytest process that leads the run starts and ends."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlebench.attempts.budget import Budget, Usage
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import leavings, scratch

if TYPE_CHECKING:
    from pytest_mlebench.attempts.gateway.process import GatewayProcess

__all__ = ["RunGateway", "spent_in"]

# Of the providers that most runs use; those of others show when an attempt asks.
_KEYS = {
    "anthropic": ("ANTHROPIC_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "openai": ("OPENAI_API_KEY",),
    "openrouter": ("OPENROUTER_API_KEY",),
    "xai": ("XAI_API_KEY",),
}


class RunGateway:
    """Leads the gateway's process, or, in a worker of pytest-xdist, knows where it listens."""

    def __init__(self, folder: Path | None = None) -> None:
        """`folder` is the leader's, in a worker; without one this is the leader, and makes one.

        Raises HarnessError where it cannot.
        """
        self._leads = folder is None
        if folder is None:
            try:
                folder = scratch.make()
            except OSError as error:
                raise HarnessError(f"cannot make a temporary folder: {error.strerror or error}") from error
        self.folder = folder
        """Private, and short enough for the path of a socket."""
        self._process: GatewayProcess | None = None

    @property
    def control(self) -> Path:
        """The socket by which attempts join."""
        return self.folder / "control.sock"

    @staticmethod
    def check(model: str, model_url: str | None) -> None:
        """Raise HarnessError where what it needs is not installed, or the key of the agent's `model` is not set."""
        from pytest_mlebench.attempts.gateway.process import GatewayProcess

        GatewayProcess.check()
        keys = _KEYS.get(model.partition("/")[0], ()) if model_url is None else ()
        if keys and not any(os.environ.get(key) for key in keys):
            raise HarnessError(
                f"the model {model} needs a key: set {' or '.join(keys)}, or name an endpoint that serves it with "
                "--mlebench-model-url"
            )

    def start(self, *, model_url: str | None, run_budget: Budget | None, run: Path) -> None:
        """Start the process, whose log lies in `run`, the run's folder; raises HarnessError where it does not start."""
        from pytest_mlebench.attempts.gateway.process import GatewayProcess

        spent = spent_in(run) if run_budget is not None else Usage()
        process = GatewayProcess(run, model_url=model_url, run_budget=run_budget, spent=spent, control=self.control)
        process.start()
        self._process = process

    def pytest_unconfigure(self) -> None:
        """End the process, and remove what it left."""
        if self._process is not None:
            self._process.close()
        if self._leads:
            leavings.remove(self.folder)


def spent_in(run: Path) -> Usage:
    """What all attempts of a run used of their models, those included that broke off or were tried again."""
    tokens, cost = 0, 0.0
    for path in run.glob("*/seed-*/model.jsonl"):
        for line in _lines(path):
            usage = line.get("usage") or {}
            tokens += usage.get("input_tokens", 0) + usage.get("output_tokens", 0)
            cost += line.get("cost") or 0
    return Usage(tokens=tokens, cost=cost)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # the last one of a process that was killed
