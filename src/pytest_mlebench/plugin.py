"""The door to pytest: options and hooks; everything else is loaded only when an agent is named.

It is loaded in every pytest run of whoever has the package installed, so it must cost next to nothing.
"""

from __future__ import annotations

import pytest

from pytest_mlebench import hookspecs
from pytest_mlebench.options import add_options, agent_name, resumed_run, take_over


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare our options and ini keys."""
    add_options(parser)


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Declare the hooks by which agents, sandboxes and competitions come in."""
    pluginmanager.add_hookspecs(hookspecs)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Turn this invocation into a run of the benchmark where an agent is named."""
    from_controller = getattr(config, "workerinput", {}).get("mlebench")
    if from_controller is not None:
        take_over(config, from_controller["options"])
        if resumed_run(config) is not None:
            from pytest_mlebench.resuming import Selection

            # Workers know of the command line only, and that of a resumed run may not say it.
            Selection.from_json(from_controller["selection"]).apply(config)
    elif (run := resumed_run(config)) is not None:
        from pytest_mlebench.resuming import take_up

        take_up(config, run)
    if agent_name(config) is not None:
        from pytest_mlebench import session

        session.start(config)
