"""Who takes part: the agents, sandboxes and competitions that hooks register, ours among them."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench.agent import Agent, AgentRegistry
from pytest_mlebench.catalog import Catalog
from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.sandboxes import Sandbox

__all__ = ["agents", "choose_agent", "choose_sandbox", "competitions"]

_AGENTS = Path(__file__).parent / "agents"


def agents(config: pytest.Config) -> AgentRegistry:
    """Every registered agent: ours from agents/, those of plugins, and those of conftest.py files.

    Raises pytest.UsageError where a registration contradicts itself or two agents share a name.
    """
    for registration in sorted(_AGENTS.glob("*/agent.py")):
        name = f"pytest_mlebench.agents.{registration.parent.name}.agent"
        if not config.pluginmanager.has_plugin(name):
            config.pluginmanager.register(importlib.import_module(name), name)
    try:
        return AgentRegistry(_registered(config, "pytest_mlebench_agents", Agent))
    except MlebenchError as error:
        raise pytest.UsageError(str(error)) from None


def choose_agent(config: pytest.Config, name: str) -> Agent:
    """The agent of that name; one that ends in ``.toml`` is the file that describes the agent.

    Raises MlebenchError where there is none, or its files are not there.
    """
    if not name.endswith(".toml"):
        return agents(config).get(name)
    from pytest_mlebench.agent_file import read_agent

    return read_agent(config.invocation_params.dir / Path(name).expanduser())


def competitions(config: pytest.Config) -> Catalog:
    """The packaged competitions and those in folders that hooks name."""
    try:
        catalog = Catalog([Path(p) for p in _registered(config, "pytest_mlebench_competition_folders", (Path, str))])
        for competition in catalog:  # each competition.toml is read once, here
            _ = competition.markers
        return catalog
    except MlebenchError as error:
        raise pytest.UsageError(str(error)) from None


def choose_sandbox(config: pytest.Config, name: str, *, base_image: str | None, allow_privileged: bool) -> Sandbox:
    """The sandbox of that name; ``auto`` is docker when a daemon answers, else process.

    Raises pytest.UsageError naming the near ones.
    """
    from pytest_mlebench.sandboxes import docker
    from pytest_mlebench.sandboxes.process import ProcessSandbox

    ours: list[Sandbox] = [
        docker.DockerSandbox(base_image=base_image, allow_privileged=allow_privileged),
        ProcessSandbox(),
    ]
    more: list[Sandbox] = _registered(config, "pytest_mlebench_sandboxes", Sandbox)
    known = {sandbox.name: sandbox for sandbox in [*ours, *more]}
    if name == "auto":
        name = "process" if docker.available() else "docker"
    if name not in known:
        raise pytest.UsageError(str(UnknownNameError("sandbox", name, known)))
    return known[name]


def _registered(config: pytest.Config, hook: str, kind: type | tuple[type, ...]) -> list[Any]:
    """What the implementations of a hook return, in one list; raises pytest.UsageError where one breaks or errs."""
    try:
        results = getattr(config.hook, hook)(config=config)
    except Exception as error:
        raise pytest.UsageError(f"the hook {hook} failed: {type(error).__name__}: {error}") from error
    values = [value for result in results for value in (result if isinstance(result, (list, tuple, set)) else [result])]
    for value in values:
        if not isinstance(value, kind):
            names = [k.__name__ for k in (kind if isinstance(kind, tuple) else (kind,))]
            raise pytest.UsageError(f"the hook {hook} returned {value!r}, which is no {' or '.join(names)}")
    return values
