"""The hooks by which agents, sandboxes and competitions come in; implement them in a conftest.py or a pytest plugin.

pytest only looks at hooks whose name starts with ``pytest_``, so no import or decorator is needed to implement one.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pytest_mlebench.agent import Agent
    from pytest_mlebench.sandboxes import Sandbox


@pytest.hookspec
def pytest_mlebench_agents(config: pytest.Config) -> Sequence[Agent]:  # type: ignore[empty-body]
    """Return agents to register.

    Names must be unique; ``--mlebench-agent`` selects one. Called when an agent is asked for or agents are listed.
    """


@pytest.hookspec
def pytest_mlebench_sandboxes(config: pytest.Config) -> Sequence[Sandbox]:  # type: ignore[empty-body]
    """Return sandboxes to register.

    ``--mlebench-sandbox`` selects one by its name. Making one must be cheap: nothing is contacted before it is chosen.
    """


@pytest.hookspec
def pytest_mlebench_competition_folders(config: pytest.Config) -> Sequence[Path]:  # type: ignore[empty-body]
    """Return folders that hold competitions of your own, one sub-folder each, as in our competitions/.

    An id that two folders share is refused.
    """
