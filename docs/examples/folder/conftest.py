"""Registers the agent `coder`: the folder of that name."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench import Agent

CODER = Path(__file__).parent / "coder"


def pytest_mlebench_agents() -> list[Agent]:
    """The hook by which agents come in."""
    return [
        Agent(
            name="coder",
            description="asks a model for a program, runs it, shows it what came of it, and so on",
            dockerfile=CODER / "Dockerfile",
            folder=CODER,
            command=["sh", "-c", 'exec python3 "$MLEBENCH_AGENT_DIR/main.py"'],
            options={"model": "openai/gpt-5.5", "steps": "20"},
            uses_gateway=True,
            needs_network=True,
        )
    ]
