"""A pytest plugin that brings the agent `nearest` to whoever installs it."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench import Agent


def pytest_mlebench_agents() -> list[Agent]:
    """The hook by which agents come in."""
    return [
        Agent(
            name="nearest",
            description="nearest neighbours on a table, and a look whether the submission is valid",
            folder=Path(__file__).parent / "solver",
            command=["sh", "-c", 'exec python3 "$MLEBENCH_AGENT_DIR/main.py"'],
            options={"neighbours": "5"},
            uses_gpu=False,
        )
    ]
