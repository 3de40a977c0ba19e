"""Who ended a container: the agent itself, or somebody on the host, which is not the agent's failure."""

from __future__ import annotations

import datetime

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker.engine import Engine, speaking

__all__ = ["check_ended_by_itself"]

_ENDING = ("2", "3", "6", "9", "15")
"""Signals that end what does not handle them."""


def check_ended_by_itself(engine: Engine, container: str) -> None:
    """Raise HarnessError where a container that was just removed had not ended by itself, nor at our request.

    A daemon that is shut down first ends all containers, and goes on answering about them until it is gone itself: that
    they exited is no news of their agents. Its own account of what happened cannot be forged from inside.
    """
    with speaking("ask who ended the agent's container"):
        # By its own clock, for it would wait for a time that is still to come there.
        now = datetime.datetime.fromisoformat(engine.api.info()["SystemTime"]).timestamp()
        # All that it remembers, which are the last 256 events of all containers.
        filters = {"type": ["container"], "container": [container]}
        account = list(engine.api.events(since=1, until=f"{now:.6f}", filters=filters, decode=True))
    actions = {str(event.get("Action")) for event in account}
    signals = {event["Actor"]["Attributes"].get("signal") for event in account if event.get("Action") == "kill"}
    if signals & {*_ENDING}:
        raise HarnessError(
            "the agent's container was ended from outside: by a Docker daemon that was shut down, or by `docker stop`"
        )
    # A daemon that knows of the removal and not of the end before it is a new one.
    if "destroy" in actions and not actions & {"die", "died"}:
        raise HarnessError("the Docker daemon was restarted while the agent ran, and ended its container")
