"""Registers the baseline agent."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench.agent import Agent


def pytest_mlebench_agents() -> list[Agent]:
    """The baseline agent: no language model, no network; tables, texts and images by scikit-learn.

    Options: ``time_budget``, seconds that it may take (never more than the attempt's time limit leaves).
    """
    return [
        Agent(
            name="baseline",
            description="recognises table, text and image tasks, and trains scikit-learn models (no language model)",
            command=("sh", "-c", 'PYTHONPATH="$MLEBENCH_AGENT_DIR" exec python3 -m solver'),
            folder=Path(__file__).parent,
            uses_gpu=False,
            options={"time_budget": "600"},
        )
    ]
