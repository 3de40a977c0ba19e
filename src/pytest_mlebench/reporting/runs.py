"""Finding a run among those below a runs folder, and what its run.json says."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pytest_mlebench.errors import MlebenchError, UnknownNameError

__all__ = ["attempt_names", "find_run", "planned", "read_facts", "recorded_options", "resumptions"]

_LARGEST = 16 << 20
"""Bytes; a run.json takes some thousand, and as many for each resumption."""
_SHOWN = 10


def find_run(runs: Path, name: str) -> Path:
    """The absolute path of a run: a name below `runs`, its beginning, a path, or ``last``.

    Raises UnknownNameError where there is no such run, MlebenchError where there are several or none at all.
    """
    known = sorted(path.parent for path in runs.glob("*/run.json"))
    if name == "last":
        if not known:
            raise MlebenchError(f"there is no run in {runs}")
        return known[-1].absolute()
    for path in (runs / name, Path(name)):
        if name and (path / "run.json").is_file():
            return path.absolute()
    found = [path for path in known if path.name.startswith(name)]
    if len(found) == 1:
        return found[0].absolute()
    if found:
        names = ", ".join(path.name for path in found[-3:])
        raise MlebenchError(f"several runs in {runs} have names that begin with {name!r}, for example {names}")
    if not known:
        raise MlebenchError(f"there is no run named {name!r}: {runs} holds none")
    raise UnknownNameError("run", name, [path.name for path in known[-_SHOWN:]], f"(in {runs})")


def read_facts(run: Path) -> Mapping[str, Any]:
    """What run.json says; raises MlebenchError where it cannot be read or is no JSON object."""
    path = run / "run.json"
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            raise MlebenchError(f"{path} is not the file of a run")
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise MlebenchError(f"{path} cannot be read: {error}") from None
    if not isinstance(value, dict):
        raise MlebenchError(f"{path} is not the file of a run")
    return value


def recorded_options(run: Path) -> Mapping[str, Any]:
    """The options that the run was started with; raises MlebenchError where its run.json does not hold them."""
    options = read_facts(run).get("options")
    if not isinstance(options, dict):
        raise MlebenchError(f"{run / 'run.json'} does not hold the options it was started with")
    return options


def planned(facts: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The names of all attempts of a run with its resumptions; None where its facts do not say."""
    lists = [each.get("planned") for each in (facts, *resumptions(facts))]
    names = [name for each in lists if isinstance(each, list) for name in each if isinstance(name, str)]
    return tuple(dict.fromkeys(names)) if any(isinstance(each, list) for each in lists) else None


def resumptions(facts: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What the facts of a run say of each time that it was resumed, in order."""
    found = facts.get("resumptions")
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def attempt_names(run: Path) -> list[str]:
    """The names of the attempts that were planned, or have a folder, such as ``spaceship-titanic-0``, sorted.

    A run whose run.json is damaged has those with a folder.
    """
    try:
        names = set(planned(read_facts(run)) or ())
    except MlebenchError:
        names = set()
    for path in run.glob("*/seed-*"):
        if match := re.fullmatch(r"seed-(\d+)", path.name):
            names.add(f"{path.parent.name}-{match[1]}")
    return sorted(name for name in names if re.fullmatch(r"\w[\w.-]*-\d{1,9}", name))
