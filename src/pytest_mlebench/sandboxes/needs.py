"""What an agent declares that it needs, held against what it is given."""

from __future__ import annotations

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.contract import Network

__all__ = ["check_needs"]


def check_needs(agent: Agent, gpus: tuple[str, ...], network: Network) -> None:
    """Raise HarnessError if the agent needs a GPU or the network and gets none."""
    if agent.needs_gpu and not gpus:
        raise HarnessError(f"agent {agent.name} needs a GPU: name device ids, as in --mlebench-gpus=0")
    if agent.needs_network and network == "none":
        enough = "llm" if agent.uses_gateway or agent.model_hosts else "open"
        raise HarnessError(f"agent {agent.name} needs the network: say --mlebench-network={enough}")
