"""Registers the dummy agent."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench.agent import Agent


def pytest_mlebench_agents() -> list[Agent]:
    """The dummy agent: an attempt that ends in a moment, and says what is wrong with its surroundings."""
    return [
        Agent(
            name="dummy",
            description="checks its environment and submits the sample submission",
            command=("sh", "-c", 'exec python3 "$MLEBENCH_AGENT_DIR/check.py"'),
            folder=Path(__file__).parent,
            uses_gpu=False,
        )
    ]
