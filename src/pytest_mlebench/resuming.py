"""Resuming a run: its folder, the options it was started with, and what may not change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench.attempts.budget import Budget
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.options import given_values, take_over
from pytest_mlebench.quantities import parse_duration, parse_size
from pytest_mlebench.reporting.runs import find_run, read_facts, recorded_options

__all__ = ["Selection", "take_up"]

# What may differ from the run that is resumed: it changes which attempts there are, or how they are shown.
_FREE = {
    "attempts",
    "base_image",
    "data_dir",
    "download",
    "fail_under",
    "regrade",
    "require",
    "resume",
    "retries",
    "run_budget",
    "runs_dir",
    "snapshot_every",
    "summary",
}
_PARSERS: dict[str, Callable[[str], object]] = {
    "time_limit": parse_duration,
    "memory": parse_size,
    "shm": parse_size,
    "cpus": float,
    "gpus_per_attempt": float,
    "disk": parse_size,
    "budget": Budget.parse,
}


@dataclass(frozen=True)
class Selection:
    """Which attempts a run was started with."""

    keyword: str
    """What -k said; likewise -m."""
    marks: str
    names: tuple[str, ...]
    """Node ids, where some were named."""

    @classmethod
    def of(cls, config: pytest.Config) -> Selection:
        """What this invocation selects."""
        named = config.args_source is pytest.Config.ArgsSource.ARGS
        return cls(config.option.keyword, config.option.markexpr, tuple(config.args) if named else ())

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values."""
        return {"keyword": self.keyword, "marks": self.marks, "names": list(self.names)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Selection:
        """The selection that `to_json` wrote."""
        return cls(value.get("keyword", ""), value.get("marks", ""), tuple(value.get("names", ())))

    def apply(self, config: pytest.Config) -> None:
        """Select these attempts in this invocation, as if the command line said so."""
        config.option.keyword, config.option.markexpr = self.keyword, self.marks
        if self.names:
            config.args[:] = self.names
            config.args_source = pytest.Config.ArgsSource.ARGS


def take_up(config: pytest.Config, run: str) -> None:
    """Make this invocation go on with `run`: a name in the runs folder, its beginning, a path, or ``last``.

    Options and selection are those of the run, except those that are given here and may differ; the option itself
    becomes the path of the run's folder. Raises
    pytest.UsageError where there is no such run, or an option differs that would mix unlike attempts.
    """
    given = given_values(config)
    runs = config.invocation_params.dir / Path(given.get("mlebench_runs_dir") or "runs").expanduser()
    try:
        folder = find_run(runs, run)
        recorded = recorded_options(folder)
        selection = read_facts(folder).get("selection") or {}
    except MlebenchError as error:
        raise pytest.UsageError(f"--mlebench-resume {run}: {error}") from None
    differences = [
        f"--{key.replace('_', '-')} is {_shown(value)} here and {_shown(recorded.get(key))} there"
        for key, value in given.items()
        if key.removeprefix("mlebench_") not in _FREE and not _same(key, value, recorded.get(key))
    ]
    if differences:
        raise pytest.UsageError(
            f"{folder.name} cannot go on with other options, that would mix unlike attempts: {'; '.join(differences)}"
        )
    free = {key: value for key, value in given.items() if key.removeprefix("mlebench_") in _FREE}
    take_over(config, {**recorded, **free, "mlebench_resume": str(folder)})
    if Selection.of(config) == Selection("", "", ()):
        Selection.from_json(selection).apply(config)


def _same(key: str, here: Any, there: Any) -> bool:
    if isinstance(here, list):
        return sorted(here) == sorted(there or [])
    if key == "mlebench_gpus":  # which ones makes no difference, that there are some does
        return bool((here == "none") == (there == "none"))
    parse = _PARSERS.get(key.removeprefix("mlebench_"))
    try:
        return bool(parse(here) == parse(there)) if parse and here and there else bool(here == there)
    except (ValueError, TypeError):
        return False


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value) or "not set"
    return str(value) if value not in ("", None) else "not set"
