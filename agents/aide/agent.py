"""Registers AIDE, by itself and with each model of presets.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pytest_mlebench.agent import Agent

_HERE = Path(__file__).parent
# The published settings; a script may run 9 hours, but never longer than the attempt.
_OPTIONS = {
    "model": "openai/gpt-4o-2024-08-06",
    "feedback_model": "",
    "temperature": "0.5",
    "feedback_temperature": "0.5",
    "steps": "500",
    "num_drafts": "5",
    "max_debug_depth": "20",
    "debug_prob": "1",
    "exec_timeout": "32400",
}


def pytest_mlebench_agents() -> list[Agent]:
    """AIDE 0.2.2 with its published settings, and one agent for each preset, which differs in its options.

    Options: ``model`` writes scripts and ``feedback_model`` judges what they print (default: the same), both named as
    litellm names them; ``temperature`` and ``feedback_temperature``, empty to send none; ``steps``, scripts in all, of
    which ``num_drafts`` begin anew; ``max_debug_depth``, repairs of one script in a row; ``debug_prob``, from 0 to 1,
    how often a broken script is taken up again where there is one; ``exec_timeout``, seconds that a script may run.
    """
    presets = tomllib.loads((_HERE / "presets.toml").read_text(encoding="utf-8"))
    described = {"aide": {"description": "AIDE with OpenAI's GPT-4o of August 2024 (published)"}, **presets}
    return [_agent(name, preset) for name, preset in described.items()]


def _agent(name: str, preset: Mapping[str, str]) -> Agent:
    return Agent(
        name=name,
        description=preset["description"],
        # AIDE's own Python; the launcher is a package in this folder.
        command=("sh", "-c", 'PYTHONPATH="$MLEBENCH_AGENT_DIR" exec /opt/aide/bin/python -m launcher'),
        folder=_HERE,
        dockerfile=_HERE / "Dockerfile",
        environment="full",
        options={**_OPTIONS, **{key: value for key, value in preset.items() if key != "description"}},
        uses_gateway=True,
        needs_network=True,
    )
