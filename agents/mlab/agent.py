"""Registers MLAB, MLAgentBench's research agent."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench.agent import Agent

_FOLDER = Path(__file__).parent
_LOCAL_SOURCES = ("MLAgentBench", "MLAgentBench.tar.gz")


def pytest_mlebench_agents() -> list[Agent]:
    """MLAB: the ResearchAgent of snap-stanford/MLAgentBench at a pinned commit, with the published settings.

    Options: ``model``, as litellm names it (one that takes temperature and stop sequences); ``steps``, actions at most;
    ``max_tokens``, the longest answer of the model, in tokens.
    """
    local = [name for name in _LOCAL_SOURCES if (_FOLDER / name).exists()]
    return [
        Agent(
            name="mlab",
            description="MLAgentBench's ResearchAgent: one action a step, scripts written by the model (needs a model)",
            command=("sh", "-c", 'exec python3 "$MLEBENCH_AGENT_DIR/launch.py"'),
            folder=_FOLDER,
            dockerfile=_FOLDER / "Dockerfile",
            build_args={"SOURCE": local[0]} if local else {},
            uses_gateway=True,
            needs_network=True,
            options={"model": "openai/gpt-4o-2024-08-06", "steps": "2000", "max_tokens": "16384"},
        )
    ]
