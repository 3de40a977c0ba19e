"""Resuming a run: its folder, the options it was started with, and what may not change."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench.options import given_values, take_over
from pytest_mlebench.quantities import parse_duration, parse_size

__all__ = ["Selection", "take_up"]

# What may differ from the run that is resumed: it changes which attempts there are, or how they are shown.
_FREE = {"attempts", "download", "data_dir", "runs_dir", "require", "base_image", "resume", "regrade", "retries"}
_PARSERS: dict[str, Callable[[str], float]] = {
    "time_limit": parse_duration,
    "memory": parse_size,
    "shm": parse_size,
    "cpus": float,
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
    folder = _find(config.invocation_params.dir / Path(given.get("mlebench_runs_dir") or "runs").expanduser(), run)
    recorded = _recorded(folder)
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
    selection = json.loads((folder / "run.json").read_text(encoding="utf-8")).get("selection") or {}
    if Selection.of(config) == Selection("", "", ()):
        Selection.from_json(selection).apply(config)


def _find(runs: Path, name: str) -> Path:
    known = sorted(path.parent for path in runs.glob("*/run.json"))
    if name == "last":
        if not known:
            raise pytest.UsageError(f"--mlebench-resume: there is no run in {runs}")
        return known[-1]
    for path in (runs / name, Path(name)):
        if (path / "run.json").is_file():
            return path.absolute()
    found = [path for path in known if path.name.startswith(name)]
    if len(found) == 1:
        return found[0]
    which = "there are several such runs" if found else "there is no such run"
    names = ", ".join(path.name for path in (found or known)[-3:])
    raise pytest.UsageError(f"--mlebench-resume {name}: {which} in {runs}{f', for example {names}' if names else ''}")


def _recorded(folder: Path) -> Mapping[str, Any]:
    try:
        options = json.loads((folder / "run.json").read_text(encoding="utf-8"))["options"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise pytest.UsageError(
            f"{folder / 'run.json'} does not hold the options it was started with ({error})"
        ) from None
    if not isinstance(options, dict):
        raise pytest.UsageError(f"{folder / 'run.json'} does not hold the options it was started with")
    return options


def _same(key: str, here: Any, there: Any) -> bool:
    if isinstance(here, list):
        return sorted(here) == sorted(there or [])
    parse = _PARSERS.get(key.removeprefix("mlebench_"))
    try:
        return bool(parse(here) == parse(there)) if parse and here and there else bool(here == there)
    except (ValueError, TypeError):
        return False


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(value) or "not set"
    return str(value) if value not in ("", None) else "not set"
