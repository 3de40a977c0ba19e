"""``mlebench agents``: the agents that ``pytest --mlebench-agent`` would know in this directory."""

from __future__ import annotations

from pytest_mlebench.agent import Agent
from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import Json
from pytest_mlebench.cli.asking import ask_pytest

__all__ = ["agents"]


def agents(as_json: Json = False) -> None:
    """List the agents: ours, those of installed plugins, and those of the conftest.py here.

    Example: mlebench agents
    """
    from pytest_mlebench.registration import agents as registered

    known = list(ask_pytest(registered))
    if as_json:
        output.write_json([_facts(agent) for agent in known])
        return
    rows = [
        (
            a.name,
            a.description,
            _needs(a),
            ", ".join(["gateway"] * a.uses_gateway + list(a.model_hosts)) or "-",
            " ".join(f"{k}={v}" for k, v in a.options.items()),
            " ".join(a.env),
        )
        for a in known
    ]
    output.table(("agent", "description", "needs", "model by", "options", "variables passed"), rows)


def _needs(agent: Agent) -> str:
    needs = [("GPU", agent.needs_gpu), ("network", agent.needs_network), ("privileged", agent.privileged)]
    return ", ".join(name for name, needed in needs if needed) or "-"


def _facts(agent: Agent) -> dict[str, object]:
    return {
        "name": agent.name,
        "description": agent.description,
        "command": list(agent.command),
        "image": agent.image,
        "dockerfile": str(agent.dockerfile) if agent.dockerfile else None,
        "environment": agent.environment,
        "options": dict(agent.options),
        "env": list(agent.env),
        "uses_gateway": agent.uses_gateway,
        "model_hosts": list(agent.model_hosts),
        "needs_gpu": agent.needs_gpu,
        "needs_network": agent.needs_network,
        "privileged": agent.privileged,
    }
