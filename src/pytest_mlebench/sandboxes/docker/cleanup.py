"""Removing containers: one for certain, and those that killed runs left behind."""

from __future__ import annotations

import contextlib
import time

import requests
from docker.errors import APIError, DockerException, NotFound

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import owner
from pytest_mlebench.sandboxes.docker.engine import Engine, speaking

__all__ = ["labels", "remove", "remove_whatever_happens", "sweep"]


def labels(run: str, job: str) -> dict[str, str]:
    """What marks a container as ours, of that run, and of this process."""
    return {"mlebench": "1", "mlebench.run": run, "mlebench.job": job, "mlebench.owner": owner.here()}


def remove(engine: Engine, container: str) -> None:
    """Kill and remove a container and its anonymous volumes; no error where it is gone. Raises as Docker's SDK does."""
    for attempt in range(5):
        try:
            engine.api.remove_container(container, force=True, v=True)
        except NotFound:
            return
        except APIError as error:
            # Somebody else removes it right now, or the kernel still holds a mount: both pass.
            if attempt == 4 or error.status_code not in (409, 500):
                raise
            time.sleep(0.1 * 2**attempt)
        else:
            return


def remove_whatever_happens(engine: Engine, container: str, patience: float = 0.0) -> bool:
    """Remove a container while an exception propagates; whether it is known to be gone.

    Another Ctrl-C does not keep it alive, nor does a creation that the engine had not finished when it was interrupted.
    A daemon that does not answer is waited for, `patience` seconds at most, but not on Ctrl-C.
    """
    interrupted: KeyboardInterrupt | None = None
    gone = False
    deadline = time.monotonic() + patience
    for _ in range(3):
        try:
            with contextlib.suppress(DockerException, requests.RequestException, OSError, HarnessError):
                if patience and interrupted is None:
                    engine.wait_until_it_answers(max(0.0, deadline - time.monotonic()))
                remove(engine, container)
                gone = not _is_there_soon(engine, container)
            if gone:
                break
        except KeyboardInterrupt as error:
            interrupted = error
    if interrupted is not None:
        raise interrupted
    return gone


def _is_there_soon(engine: Engine, container: str) -> bool:
    """Whether the container is there now or within a moment. Raises as Docker's SDK does."""
    for _ in range(3):
        try:
            engine.api.inspect_container(container)
        except NotFound:
            time.sleep(0.05)
        else:
            return True
    return False


def sweep(engine: Engine, run: str | None) -> list[str]:
    """Remove the containers of `run`, or without it those whose process is gone; their names."""
    wanted = ["mlebench=1"] + ([f"mlebench.run={run}"] if run is not None else [])
    removed = []
    with speaking("list containers"):
        found = engine.api.containers(all=True, filters={"label": wanted})
    for container in found:
        marks = container.get("Labels") or {}
        if run is None and not owner.is_gone(marks.get("mlebench.owner", "")):
            continue
        with speaking("remove a container"):
            remove(engine, container["Id"])
        removed.append(container["Names"][0].lstrip("/") if container.get("Names") else container["Id"][:12])
    return removed
