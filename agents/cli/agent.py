"""Registers the command-line agents whose descriptions lie here."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench.agent import Agent
from pytest_mlebench.agent_file import read_agent


def pytest_mlebench_agents() -> list[Agent]:
    """One agent for each TOML file of this folder, by the file's name."""
    return [read_agent(path) for path in sorted(Path(__file__).parent.glob("*.toml"))]
