"""The validation server: tells an agent whether a file is a valid submission, from outside its sandbox."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlebench.attempts.binding import bind
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import scratch

if TYPE_CHECKING:
    from pytest_mlebench.attempts.upload_server import UploadServer

__all__ = ["MAX_BYTES", "ValidationServer"]

MAX_BYTES = 1024**3
"""Largest file that is validated, in bytes: several times the largest sample submission of the benchmark."""

# Boundaries, headers and other fields of the form.
_FORM_OVERHEAD = 256 * 1024
# An upload lies on disk twice while it is taken out of its form; a hostile client must not fill the disk with them.
_MAX_BUFFERED = 4
_MAX_WAITING = 24
_CLOSING_SECONDS = 1.0


class ValidationServer:
    """A context manager: inside it, an HTTP server answers in threads of this process.

    - ``POST /validate`` with a multipart field ``file``: ``{"valid": true or false, "message": "..."}`` as `validate`
      says of the file, which it finds in a private temporary folder; status 400 for a request without a file, 413 for
      one of more than `max_bytes` bytes, 503 when too many wait, 500 where `validate` raises (its text stays here).
    - ``GET /health``: ``{"status": "ok"}``, also while validations run.

    It listens on the Unix socket at path `socket`, open to every user of the machine who can reach it, or without one
    on a free port of 127.0.0.1. At most `max_concurrent` calls of `validate` run at a time.
    Entering raises HarnessError where it cannot listen there. Several servers per process do not know of each other.
    """

    def __init__(
        self,
        validate: Callable[[Path], tuple[bool, str]],
        *,
        socket: Path | None = None,
        max_bytes: int = MAX_BYTES,
        max_concurrent: int = 2,
    ) -> None:
        self._validate, self._socket = validate, socket
        self._max_bytes, self._max_concurrent = max_bytes, max_concurrent
        self._server: UploadServer | None = None
        self._folder: Path | None = None
        self._port: int | None = None

    @property
    def address(self) -> Path | str:
        """The path of the Unix socket, or the base URL (known once the server has started)."""
        if self._socket is not None:
            return self._socket
        if self._port is None:
            raise HarnessError("the validation server has no address before it starts")
        return f"http://127.0.0.1:{self._port}"

    def __enter__(self) -> ValidationServer:
        # Imported here, so that whoever only names the class loads neither waitress nor werkzeug.
        from pytest_mlebench.attempts.upload_server import UploadServer
        from pytest_mlebench.attempts.validation_application import ValidationApplication

        where = self._socket or "127.0.0.1"
        try:
            listener = bind(self._socket)
        except OSError as error:
            raise HarnessError(f"the validation server cannot listen on {where}: {error.strerror or error}") from error
        if self._socket is None:
            self._port = listener.getsockname()[1]
        try:
            self._folder = scratch.make()
            max_body = self._max_bytes + _FORM_OVERHEAD
            application = ValidationApplication(
                self._validate,
                self._folder,
                max_bytes=self._max_bytes,
                max_body=max_body,
                max_concurrent=self._max_concurrent,
                max_waiting=_MAX_WAITING,
            )
            self._server = UploadServer(
                application,
                listener,
                # Those beyond the line, and /health, are answered at once in threads that never wait.
                threads=self._max_concurrent + _MAX_WAITING + 2,
                max_body=max_body,
                max_buffered=_MAX_BUFFERED * max_body,
            )
        except BaseException as error:
            listener.close()
            self._clean()
            if isinstance(error, (OSError, RuntimeError)):
                raise HarnessError(f"the validation server cannot start: {error}") from error
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening, drop all connections and remove what was uploaded; closing again does nothing.

        A validation in progress is given a second to end, and is then left to end by itself.
        """
        if self._server is not None:
            self._server.stop(_CLOSING_SECONDS)
            self._server = None
        self._clean()

    def _clean(self) -> None:
        if self._socket is not None:
            self._socket.unlink(missing_ok=True)
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None
