"""Registers OpenHands."""

from __future__ import annotations

from pathlib import Path

from pytest_mlebench.agent import Agent

_HERE = Path(__file__).parent
# -P: what the agent writes into its working folder must not take the place of OpenHands' modules.
_SCRIPT = """\
if [ ! -x /opt/openhands/bin/python ]; then
    echo "OpenHands is in its image alone: run it with --mlebench-sandbox=docker"
    exit 2
fi
PYTHONPATH="$MLEBENCH_AGENT_DIR" exec /opt/openhands/bin/python -P -m launcher
"""


def pytest_mlebench_agents() -> list[Agent]:
    """OpenHands by its SDK, with terminal, file editor and task tracker, on any model that the gateway knows.

    Options: ``model``, as litellm names it; ``max_steps``, answers of the model that it may act on; ``temperature``,
    empty for the provider's own; ``retries``, how often a call to the model is tried before it gives up.
    """
    return [
        Agent(
            name="openhands",
            description="OpenHands (SDK 1.58.2) with a terminal and a file editor: --mlebench-option model=...",
            command=("sh", "-c", _SCRIPT),
            folder=_HERE,
            dockerfile=_HERE / "Dockerfile",
            environment="full",
            uses_gateway=True,
            needs_network=True,
            options={
                "model": "anthropic/claude-sonnet-4-5-20250929",
                "max_steps": "500",
                "temperature": "",
                "retries": "5",
            },
        )
    ]
