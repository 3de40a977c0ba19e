"""The Docker engine: connecting to it, and what to do where that fails."""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from docker.context import ContextAPI
from docker.errors import APIError, DockerException

from pytest_mlebench.errors import HarnessError

__all__ = ["RESTART", "Engine", "connect", "said", "speaking"]

RESTART = 60.0
"""Seconds in which a daemon that went away is expected back; one that is restarted or updated takes a few."""

_DEFAULT = "unix:///var/run/docker.sock"

# Seconds that the engine may take for one answer; builds and waiting for an agent have limits of their own.
_PATIENCE = 120
_PAUSE = 0.2


@dataclass(frozen=True)
class Engine:
    """A connection to an engine that answers."""

    client: docker.DockerClient
    facts: dict[str, Any]
    """What ``docker info`` says."""

    @property
    def api(self) -> Any:  # the published types of docker.APIClient cover it only in part
        """The low-level interface (docker.APIClient), which costs one request per call."""
        return self.client.api

    @property
    def cpus(self) -> int:
        """Processors of the engine's machine."""
        return int(self.facts["NCPU"])

    def has_security(self, name: str) -> bool:
        """Whether ``docker info`` lists the security option, such as ``rootless`` or ``selinux``."""
        return any(f"name={name}" in option.split(",") for option in self.facts.get("SecurityOptions") or ())

    def wait_until_it_answers(self, patience: float = RESTART) -> None:
        """Return once the daemon answers, which it does at once unless it is being restarted.

        Raises HarnessError where it has not after `patience` seconds.
        """
        deadline = time.monotonic() + patience
        while True:
            try:
                # One that is shut down still serves the connections that it has, and takes no new ones.
                self.api.close()
                self.api.ping()
            except (DockerException, requests.RequestException, OSError) as error:
                if time.monotonic() > deadline:
                    raise HarnessError(
                        f"the Docker daemon has not answered for {patience:.0f} s: {said(error)}; see `docker info`"
                    ) from error
                time.sleep(_PAUSE)
            else:
                return


class _AwayError(HarnessError):
    """Nobody answers, which may pass."""


def connect(patience: float = 0.0) -> Engine:
    """Connect as the docker command would; raises HarnessError that says why there is no connection and what to do.

    A daemon that does not answer may be being restarted: it is waited for, `patience` seconds at most.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            return _connect()
        except _AwayError:
            if time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE)


def _connect() -> Engine:
    where = _address()
    if where.startswith("unix://"):
        _knock(where.removeprefix("unix://"))
    try:
        client = docker.from_env(timeout=_PATIENCE, use_ssh_client=True)
        facts = client.info()
    except (DockerException, requests.RequestException, OSError, ValueError) as error:
        raise _AwayError(f"the Docker daemon at {where} does not answer: {said(error)}; see `docker info`") from error
    engine = Engine(client, facts)
    try:
        _check_usable(engine, where)
    except HarnessError:
        client.close()
        raise
    return engine


def _address() -> str:
    """Where the docker command would look: $DOCKER_HOST, its current context, or the usual socket."""
    if host := os.environ.get("DOCKER_HOST"):
        return host
    with contextlib.suppress(DockerException, OSError, ValueError):
        return str(ContextAPI.kwargs_from_context().get("base_url") or _DEFAULT).replace("http+unix://", "unix://")
    return _DEFAULT


def _knock(path: str) -> None:
    """Raise HarnessError where nobody answers at a Unix socket; the SDK would say this less clearly."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
            door.connect(path)
    except FileNotFoundError:
        raise _AwayError(
            f"there is no Docker daemon at {path}: install Docker (https://docs.docker.com/engine/install/) "
            "or start it (`sudo systemctl start docker`)"
        ) from None
    except PermissionError:
        raise HarnessError(
            f"no permission to use Docker at {path}: add yourself to the group docker "
            "(`sudo usermod -aG docker $USER`, then log in again)"
        ) from None
    except ConnectionRefusedError:
        raise _AwayError(
            f"the Docker daemon at {path} is not running: start it (`sudo systemctl start docker`)"
        ) from None
    except OSError as error:
        raise HarnessError(f"cannot reach Docker at {path}: {error.strerror or error}") from None


def _check_usable(engine: Engine, where: str) -> None:
    """Raise HarnessError where the engine answers and yet cannot run attempts."""
    scheme, host = urlsplit(where).scheme, urlsplit(where).hostname
    if scheme not in ("unix", "npipe") and host not in ("localhost", "127.0.0.1", "::1"):
        raise HarnessError(
            f"Docker at {where} is another machine, where folders of this one cannot be mounted: "
            "run pytest there, or unset DOCKER_HOST"
        )
    if engine.facts.get("OSType") != "linux":
        raise HarnessError("Docker runs Windows containers here: switch it to Linux containers")
    for option in ("rootless", "userns"):
        if engine.has_security(option):
            raise HarnessError(
                f"Docker runs with user ids mapped ({option}), so an agent could not write to its own folders: "
                "use an engine without that, by DOCKER_HOST or `docker context use`, or --mlebench-sandbox=process"
            )


def said(error: BaseException) -> str:
    """What the engine said, as one line."""
    text = error.explanation if isinstance(error, APIError) and error.explanation else str(error)
    return " ".join(str(text).split())[:500]


@contextlib.contextmanager
def speaking(doing: str) -> Iterator[None]:
    """Turn what the engine or the way to it refuses into a HarnessError that says what was being done."""
    try:
        yield
    except APIError as error:
        raise HarnessError(f"Docker cannot {doing}: {said(error)}") from error
    except (DockerException, requests.RequestException, OSError) as error:
        raise HarnessError(f"lost the Docker daemon while trying to {doing}: {said(error)}") from error
