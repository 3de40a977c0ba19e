"""The stream between us and a container: what it prints, and the one line that it is told."""

from __future__ import annotations

import contextlib
import re
import socket
from types import TracebackType
from typing import Any

from pytest_mlebench.sandboxes.contract import Job
from pytest_mlebench.sandboxes.copying import Copying
from pytest_mlebench.sandboxes.docker.engine import Engine, speaking

__all__ = ["Frames", "Output"]

_BLOCK = 1 << 18
_HEADER = 8
_STDERR = 2
_KILLED = re.compile(rb"^mlebench: the kernel killed \d+ process", re.MULTILINE)


class Output:
    """Copies what a container prints to the job's log, and hands the container one line."""

    def __init__(self, engine: Engine, job: Job) -> None:
        """Open the log and attach to the job's container, which is not started yet. Raises HarnessError."""
        self._copying = Copying(job)
        try:
            with speaking("attach to the agent's container"):
                self._socket: Any = engine.api.attach_socket(
                    job.name, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
                )
        except BaseException:
            self._copying.__exit__(None, None, None)
            raise
        # Over plain connections the SDK wraps the socket for reading; over TLS it does not.
        self._raw: socket.socket = getattr(self._socket, "_sock", self._socket)
        self._frames = Frames()
        self._copying.start(self._receive)

    def __enter__(self) -> Output:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Stop listening; after `finish` nothing is lost by that."""
        with contextlib.suppress(OSError):
            self._raw.shutdown(socket.SHUT_RDWR)
        self._copying.__exit__(kind, error, traceback)
        for end in (self._socket, self._raw):
            with contextlib.suppress(OSError):
                end.close()

    @property
    def out_of_memory(self) -> bool:
        """Whether the container's first process said that the kernel killed one of the agent's for want of memory."""
        return _KILLED.search(self._frames.first_process) is not None

    def tell(self, line: str) -> None:
        """Write one line to the container's standard input. Raises OSError as the system does."""
        self._raw.sendall(line.encode() + b"\n")

    def finish(self) -> None:
        """Wait for the last output; raises HarnessError where it could not be read or written."""
        self._copying.finish(30)  # the engine closes the stream once it has sent all

    def _receive(self, patience: float) -> bytes | None:
        self._raw.settimeout(patience)
        try:
            while data := self._raw.recv(_BLOCK):
                if printed := self._frames.feed(data):
                    return printed
        except TimeoutError:
            return None
        return b""


class Frames:
    """What the engine sends, out of its frames: eight bytes with stream and size, then so many bytes of the stream."""

    def __init__(self) -> None:
        self._header = b""
        self._left = 0
        self._stream = 0
        self.first_process = b""
        """What came on the stream that is the container's first process' own, of which it says little."""

    def feed(self, data: bytes) -> bytes:
        """What the container printed in `data`, which begins where the last one ended."""
        printed, place = [], 0
        while place < len(data):
            if not self._left:
                header = data[place : place + _HEADER - len(self._header)]
                place += len(header)
                self._header += header
                if len(self._header) == _HEADER:
                    self._stream, self._left = self._header[0], int.from_bytes(self._header[4:], "big")
                    self._header = b""
                continue
            piece = data[place : place + self._left]
            place += len(piece)
            self._left -= len(piece)
            printed.append(piece)
            if self._stream == _STDERR:
                self.first_process = (self.first_process + piece)[-_BLOCK:]
        return b"".join(printed)
