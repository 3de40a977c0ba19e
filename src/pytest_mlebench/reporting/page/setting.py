"""How a run was obtained, as its run.json says: agent, model, network, hardware, time, and what departs from the usual.

A run.json may be of an older version, of a half-finished run, or damaged: what is not as expected is left out.
"""

from __future__ import annotations

import contextlib
import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pytest_mlebench.quantities import format_duration, format_size
from pytest_mlebench.reporting.comparison.settings import UNRECORDED, differing_settings
from pytest_mlebench.reporting.results import Results
from pytest_mlebench.reporting.runs import resumptions
from pytest_mlebench.reporting.table import Cell, Column, Table, printable
from pytest_mlebench.reporting.wording import count

__all__ = ["deviations", "differences", "setting", "setting_table"]

_DATA = {True: "repaired where there is a repaired variant", False: "as published"}


def setting(source: Results) -> dict[str, str]:
    """Names and values, for a person, of all that is known."""
    facts = source.facts or {}
    agent = _mapping(facts.get("agent"))
    machine = _mapping(facts.get("machine"))
    made = {
        "agent": _text(agent.get("name")) or next((record.agent for record in source.records), ""),
        "agent's options": _pairs(agent.get("options")),
        "variables passed": _listed(agent.get("variables_passed")),
        "network": _text(facts.get("network")),
        "model": _model(_mapping(facts.get("model"))),
        "environment image": _text(facts.get("environment")),
        "time limit": _number(facts.get("time_limit"), format_duration),
        "hardware of an attempt": _share(facts),
        "machine": _machine(machine),
        "attempts at a time": _number(facts.get("workers"), lambda value: f"{value:g}"),
        "sandbox": _text(facts.get("sandbox")) + (", privileged" if facts.get("privileged") is True else ""),
        "description": _text(facts.get("description")),
        "data": _DATA[facts.get("fixed") is True] if isinstance(facts.get("fixed"), bool) else "",
        "budget": _budget(_mapping(facts.get("budget"))),
        "disk limit": _number(facts.get("disk"), format_size),
        "snapshots": _number(facts.get("snapshot_every"), lambda seconds: f"every {format_duration(seconds)}"),
        "started": _moment(facts.get("started")),
        "last attempt ended": _ended(source),
        "resumed": _resumed(facts),
        "versions": _pairs(facts.get("versions"), " "),
    }
    return {name: printable(value) for name, value in made.items() if value}


def deviations(source: Results) -> list[str]:
    """Where the run, or one of its resumptions, departs from the setting of the published results."""
    facts = source.facts or {}
    lists = [each.get("deviations") for each in (facts, *resumptions(facts))]
    texts = [printable(each) for found in lists if isinstance(found, list) for each in found if isinstance(each, str)]
    return list(dict.fromkeys(texts))


def setting_table(sources: Sequence[Results]) -> Table:
    """What is known of each run; a column a run."""
    known = [setting(source) for source in sources]
    names = dict.fromkeys(name for each in known for name in each)
    columns = [Column(title="")] + [Column(title=printable(source.name), folds=True) for source in sources]
    rows = [[Cell(name, "label"), *(Cell(each.get(name, "-")) for each in known)] for name in names]
    rows.append([Cell("departs from the standard", "label"), *(Cell(_departs(source)) for source in sources)])
    return Table(title="", columns=columns, rows=rows)


def differences(sources: Sequence[Results]) -> list[str]:
    """In what runs that are read together were not obtained alike, as far as that was recorded."""
    first, *others = [source.facts or {} for source in sources]
    found = [each for other in others for each in differing_settings(first, other)]
    together = [each for each in found if each.unlike or each.name == "agent options"]
    return list(dict.fromkeys(each.name for each in together if UNRECORDED not in (each.a, each.b)))


def _model(model: Mapping[str, Any]) -> str:
    """How agents reached their model."""
    url, hosts = _text(model.get("url")), _listed(model.get("hosts"))
    ways = [f"through the gateway{f' to {url}' if url else ''}"] if model.get("gateway") is True else []
    return "; ".join([*ways, *([f"by themselves, at {hosts}"] if hosts else [])])


def _departs(source: Results) -> str:
    if not source.facts:
        return "not known"
    return "; ".join(deviations(source)) or "in nothing that was recorded"


def _share(facts: Mapping[str, Any]) -> str:
    gpus = facts.get("gpus_per_attempt")
    parts = [
        _number(facts.get("cpus"), lambda cpus: f"{cpus:g} CPUs"),
        _number(facts.get("memory"), lambda memory: f"{format_size(memory)} of memory"),
        "no GPU" if gpus == 0 else _number(gpus, lambda each: f"{each:g} GPU{'s' if each > 1 else ''}"),
    ]
    return ", ".join(filter(None, parts))


def _machine(machine: Mapping[str, Any]) -> str:
    names = machine.get("gpus")
    gpus = [name for name in names if isinstance(name, str)] if isinstance(names, list) else []
    counted = [f"{gpus.count(name)} x {name}" for name in dict.fromkeys(gpus)]
    parts = [
        _number(machine.get("cpus"), lambda cpus: f"{cpus:g} CPUs"),
        _number(machine.get("memory"), lambda memory: f"{format_size(memory)} of memory"),
        *counted,
        _text(machine.get("system")),
    ]
    return ", ".join(filter(None, parts))


def _budget(budget: Mapping[str, Any]) -> str:
    parts = [
        _number(budget.get("cost"), lambda cost: f"{cost:g} US dollars"),
        _number(budget.get("tokens"), lambda tokens: f"{tokens:,.0f} tokens"),
    ]
    return ", ".join(filter(None, parts))


def _ended(source: Results) -> str:
    ends = []
    for record in source.records:
        began = _parsed(record.created_at)
        with contextlib.suppress(OverflowError):
            if began is not None:
                ends.append(began + datetime.timedelta(seconds=record.seconds or 0.0))
    return f"{max(ends):%Y-%m-%d %H:%M} UTC" if ends else ""


def _resumed(facts: Mapping[str, Any]) -> str:
    times = resumptions(facts)
    moments = [moment for each in times if (moment := _moment(each.get("resumed")))]
    return f"{count(len(times), 'time')}{', last ' + moments[-1] if moments else ''}" if times else ""


def _parsed(value: object) -> datetime.datetime | None:
    try:
        moment = datetime.datetime.fromisoformat(value if isinstance(value, str) else "")
        return moment.astimezone(datetime.UTC) if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)
    except (ValueError, OverflowError):
        return None


def _moment(value: object) -> str:
    moment = _parsed(value)
    return f"{moment:%Y-%m-%d %H:%M} UTC" if moment else ""


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _listed(value: object) -> str:
    return ", ".join(each for each in value if isinstance(each, str)) if isinstance(value, list) else ""


def _pairs(value: object, between: str = "=") -> str:
    return ", ".join(f"{name}{between}{each}" for name, each in _mapping(value).items())


def _number(value: object, shown: Callable[[float], str]) -> str:
    known = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and 0 < value < 1e18
    return shown(float(value)) if known else ""  # type: ignore[arg-type]
