"""What run.json says of a run: everything a reader needs to know how its results were obtained."""

from __future__ import annotations

import datetime
import os
import platform
from collections.abc import Iterable
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from pytest_mlebench.options import values
from pytest_mlebench.quantities import format_duration, format_size

if TYPE_CHECKING:
    from pytest_mlebench.session import Benchmark

__all__ = ["resumption", "run_facts"]

# What the published results were obtained with, for a person to read; the GPU had 24 GB.
_STANDARD = {"time_limit": "24h 00m", "cpus": "36", "memory": "440 GB", "gpus": "1", "attempts": "3"}


def run_facts(benchmark: Benchmark, planned: Iterable[str], workers: int) -> dict[str, Any]:
    """The content of run.json; `planned` are the names of the attempts, `workers` says how many run at a time."""
    s, machine, limits, agent = benchmark.settings, benchmark.machine, benchmark.limits, benchmark.agent
    cpus, memory = limits.cpus or machine.cpus, limits.memory or machine.memory
    return {
        "run": benchmark.folder.name,
        "options": {**values(benchmark.config), "mlebench_sandbox": benchmark.sandbox.name},
        "selection": benchmark.selection.to_json(),
        "planned": sorted(planned),
        "workers": workers,
        "started": benchmark.started.isoformat(timespec="seconds"),
        "agent": {
            "name": agent.name,
            "options": dict(agent.options),
            "variables_passed": [name for name in agent.env if name in os.environ],
        },
        "attempts": s.attempts,
        "sandbox": benchmark.sandbox.name,
        "description": s.description,
        "fixed": s.fixed,
        "require": s.require,
        "time_limit": limits.time,
        "snapshot_every": s.snapshot_every,
        "budget": None if s.budget is None else {"tokens": s.budget.tokens, "cost": s.budget.cost},
        "run_budget": None if s.run_budget is None else {"tokens": s.run_budget.tokens, "cost": s.run_budget.cost},
        "cpus": cpus,
        "memory": memory,
        "shm": limits.shm,
        "disk": s.disk,
        "gpus": list(benchmark.pool),
        "gpus_per_attempt": benchmark.gpus_per_attempt,
        "network": benchmark.network,
        "model": {
            "gateway": benchmark.gateway is not None,
            "url": s.model_url if benchmark.gateway is not None else None,
            "hosts": list(agent.model_hosts),
        },
        "environment": None if agent.image else agent.environment,
        "privileged": s.allow_privileged and agent.privileged,
        "machine": {
            "cpus": machine.cpus,
            "memory": machine.memory,
            "gpus": [gpu.name for gpu in machine.gpus],
            "system": machine.system,
        },
        "deviations": _deviations(benchmark, cpus, memory),
        "versions": {
            "python": platform.python_version(),
            **{name: version(name) for name in ("pytest-mlebench", "pytest", "pandas", "numpy", "scikit-learn")},
        },
    }


def resumption(benchmark: Benchmark, planned: Iterable[str], workers: int) -> dict[str, Any]:
    """What run.json says of going on: when, with how many seeds and which selection, on which versions."""
    facts = run_facts(benchmark, planned, workers)
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    kept = ("attempts", "selection", "planned", "workers", "machine", "deviations", "versions")
    return {"resumed": now, **{name: facts[name] for name in kept}}


def _deviations(benchmark: Benchmark, cpus: float, memory: int) -> list[str]:
    """Where the run departs from the setting of the published results."""
    s = benchmark.settings
    shown = {
        "time_limit": format_duration(benchmark.limits.time),
        "cpus": f"{cpus:g}",
        "memory": format_size(memory),
        "gpus": f"{benchmark.gpus_per_attempt:g}",
        "attempts": str(s.attempts),
    }
    different = [
        f"{key}: {shown[key]} (standard {standard})" for key, standard in _STANDARD.items() if shown[key] != standard
    ]
    if s.description == "obfuscated":
        different.append("description: obfuscated (standard as published)")
    if s.budget is not None:
        different.append(f"budget: {benchmark.config.getoption('mlebench_budget') or 'set'} (standard none)")
    if s.fixed:
        different.append("data: repaired where there is a repaired variant (standard as published)")
    return different
