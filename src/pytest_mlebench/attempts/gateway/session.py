"""One attempt at the gateway, as its worker opens, follows and closes it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import socket as sockets
import threading
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.budget import Budget
from pytest_mlebench.attempts.gateway.model_usage import ModelUsage
from pytest_mlebench.errors import HarnessError

__all__ = ["GatewaySession", "ModelUsage"]

_ANSWER_SECONDS = 60.0
_CLOSING_SECONDS = 20.0


class GatewaySession:
    """A context manager: inside it, an agent finds its models at `address`.

    `control` is where the run's gateway answers. The agent's endpoint listens at the Unix socket with path `socket`,
    or without one on a free port of 127.0.0.1. Every request is written to the file `transcript`, a line of JSON each.
    `budget` is the attempt's own. `name` names it in the gateway's log.
    Entering raises HarnessError where the gateway cannot be reached or cannot listen there. The endpoint goes when the
    block is left, or this process dies; what was used stays known.
    """

    def __init__(
        self, control: Path, *, name: str, socket: Path | None, transcript: Path, budget: Budget | None
    ) -> None:
        self._control, self._name, self._socket = control, name, socket
        self._transcript, self._budget = transcript, budget
        self._port: int | None = None
        self._connection: sockets.socket | None = None
        self._reader: threading.Thread | None = None
        self._state: dict[str, Any] = {}
        self._usage = ModelUsage()
        self._is_closing, self._is_closed, self._is_gone = False, False, False

    @property
    def address(self) -> Path | str:
        """The path of the Unix socket, or the base URL ``http://127.0.0.1:PORT`` (known once it has started)."""
        if self._socket is not None:
            return self._socket
        if self._port is None:
            raise HarnessError("the model gateway has no address for the attempt before it starts")
        return f"http://127.0.0.1:{self._port}"

    @property
    def usage(self) -> ModelUsage:
        """What the attempt has used so far; after the block, all that it used."""
        return self._usage

    @property
    def run_is_over(self) -> str | None:
        """For a person, once the attempt asked for more than the run's budget has left."""
        return self._state.get("run_is_over")

    @property
    def trouble(self) -> str | None:
        """For a person: why the agent had no model, where that was not its own doing.

        It is said while no request has ever succeeded and one failed for the provider's, the key's or the network's
        sake, when a budget in USD cannot be kept, and when the gateway itself is gone. Where the model answers later,
        the first of these is withdrawn.
        """
        if self._is_gone:
            return "the run's model gateway ended while the attempt was at work: see gateway.log in the run's folder"
        return self._state.get("trouble")

    @property
    def unwritten(self) -> int:
        """How many requests the transcript lacks, because it could not be written."""
        return int(self._state.get("unwritten", 0))

    def __enter__(self) -> GatewaySession:
        try:
            self._open()
        except (OSError, ValueError) as error:
            self._drop()
            raise HarnessError(f"the run's model gateway cannot be reached: {error}") from error
        except BaseException:
            self._drop()
            raise
        self._reader = threading.Thread(target=self._follow, name="mlebench-gateway", daemon=True)
        self._reader.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Have the endpoint closed and wait for the last numbers; closing again does nothing."""
        if self._reader is None or self._connection is None:
            return
        self._is_closing = True
        with contextlib.suppress(OSError):
            self._connection.sendall(b'{"close": true}\n')
        self._reader.join(_CLOSING_SECONDS)
        self._is_gone = self._is_gone or not self._is_closed
        self._drop()

    def _open(self) -> None:
        wanted = {
            "name": self._name,
            "socket": None if self._socket is None else str(self._socket.absolute()),
            "transcript": str(self._transcript.absolute()),
            "budget": None if self._budget is None else dataclasses.asdict(self._budget),
        }
        self._connection = sockets.socket(sockets.AF_UNIX, sockets.SOCK_STREAM)
        self._connection.settimeout(_ANSWER_SECONDS)
        self._connection.connect(str(self._control))
        self._connection.sendall(json.dumps(wanted).encode() + b"\n")
        self._lines = self._connection.makefile("rb")
        line = self._lines.readline()
        if not line:
            raise ValueError("it closed the connection")
        answer = json.loads(line)
        if "error" in answer:
            raise HarnessError(f"the model gateway cannot listen for the attempt {self._name}: {answer['error']}")
        self._port = answer["port"]
        self._connection.settimeout(None)

    def _follow(self) -> None:
        """Take in what the gateway tells, until its last line or its end."""
        with contextlib.suppress(OSError, ValueError):
            for line in self._lines:
                state = json.loads(line)
                self._usage, self._state = ModelUsage.from_json(state["usage"]), state
                if state.get("closed"):
                    # Where nobody asked for it, the gateway is ending in order, before its time.
                    self._is_closed = True
                    self._is_gone = not self._is_closing
                    return
        self._is_gone = True

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.shutdown(sockets.SHUT_RDWR)
            if self._reader is not None:
                self._reader.join(1.0)
            lines = getattr(self, "_lines", None)
            if lines is not None:
                lines.close()
            connection.close()
