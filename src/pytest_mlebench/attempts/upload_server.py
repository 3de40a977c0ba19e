"""An HTTP server for uploads from strangers: waitress, with answers in JSON and with limits on what it buffers.

Whole requests are received in one thread, without blocking, into memory or (large ones) temporary files; only then does
the application see them, in one of a fixed number of threads. So a slow client costs a connection and nothing else.
"""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.server import TcpWSGIServer, UnixWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher
from waitress.utilities import BadRequest, Error, RequestEntityTooLarge

from pytest_mlebench.quantities import format_size

__all__ = ["UploadServer"]

# What clients do wrong is told to them, and is of no interest on the terminal of whoever runs the server.
_LOGGER = logging.getLogger(f"{__name__}.clients")
_LOGGER.setLevel(logging.CRITICAL + 1)

_MAX_CONNECTIONS = 64
_MAX_CONTROL_LINE = 4096


class UploadServer:
    """Serves the WSGI `application` on a bound `listener`, in a thread, until `stop`.

    A request body of more than `max_body` bytes is answered with 413; one that comes while those being received
    already add up to `max_buffered` bytes with 503.
    """

    def __init__(
        self,
        application: Callable[..., Any],
        listener: socket.socket,
        *,
        threads: int,
        max_body: int,
        max_buffered: int,
    ) -> None:
        self._map: dict[int, Any] = {}
        self._dispatcher = ThreadedTaskDispatcher()
        self._dispatcher.logger = self._dispatcher.queue_logger = _LOGGER
        self._dispatcher.set_thread_count(threads)
        kind = _UnixServer if listener.family == socket.AF_UNIX else _TcpServer
        self._server = kind(
            application,
            map=self._map,
            _sock=listener,
            dispatcher=self._dispatcher,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
            adj=Adjustments(
                sockets=[listener],
                connection_limit=_MAX_CONNECTIONS,
                # Waitress refuses a body of exactly the limit.
                max_request_body_size=max_body + 1,
                max_request_header_size=64 * 1024,
                recv_bytes=256 * 1024,
                asyncore_use_poll=True,
                log_socket_errors=False,
                ident=None,
            ),
        )
        self._server.max_buffered = max_buffered
        self._thread = threading.Thread(target=self._server.run, name="mlebench-validation", daemon=True)
        self._thread.start()

    def stop(self, patience: float) -> None:
        """Close the listener and all connections, and wait `patience` seconds at most for the application to return.

        A call of the application that takes longer goes on in its (daemon) thread; its answer goes nowhere.
        """
        self._server.stop()
        self._thread.join()
        self._dispatcher.shutdown(timeout=patience)  # type: ignore[arg-type]  # any number of seconds


class _Parser(HTTPRequestParser):
    """A request that is refused for its size is read to its end all the same, as far as patience goes.

    Closing a connection with unread data on it would reset it, and most clients would never see the answer.
    """

    adj: Any
    body_rcv: Any
    error: Error | None
    refusal: Error | None = None

    def received(self, data: bytes) -> int:
        if self.refusal is None:
            consumed: int = super().received(data)
            if isinstance(self.error, RequestEntityTooLarge):
                limit = format_size(self.adj.max_request_body_size - 1)
                self.refuse(RequestEntityTooLarge(f"the request is larger than {limit}"))
        else:
            consumed = self.body_rcv.received(data)
            self.body_bytes_received += consumed
            ended = self.body_rcv.completed or self.body_rcv.error
            if ended or self.body_bytes_received > 2 * self.adj.max_request_body_size:
                self.error, self.completed = self.refusal, True
        # Waitress keeps, and copies with each read, a line of chunked encoding however long.
        if len(getattr(self.body_rcv, "control_line", b"")) > _MAX_CONTROL_LINE:
            self.error, self.completed = BadRequest("a line of the chunked encoding is too long"), True
        elif len(getattr(self.body_rcv, "trailer", b"")) > _MAX_CONTROL_LINE:
            self.error, self.completed = BadRequest("the trailer is too long"), True
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Read the head of a request; raises ParsingError for whatever is wrong with it."""
        try:
            super().parse_header(header_plus)
        except ValueError:
            raise ParsingError("Bad URI") from None

    def refuse(self, error: Error) -> None:
        """Answer with `error`, once what the client is sending has been received and dropped."""
        received = self.body_rcv is None or self.body_rcv.completed or self.body_rcv.error
        if received or self.expect_continue or self.content_length > 2 * self.adj.max_request_body_size:
            self.expect_continue = False
            self.error, self.completed = error, True
            return
        self.refusal, self.error, self.completed = error, None, False
        self.body_rcv.getbuf().close()
        self.body_rcv.buf = _Nowhere()

    @property
    def claim(self) -> int:
        """Bytes that the body may come to take."""
        if self.refusal is not None or self.body_rcv is None:
            return 0
        size: int = self.adj.max_request_body_size if self.chunked else self.content_length
        return size


class _Nowhere:
    """A buffer that keeps nothing."""

    def append(self, data: bytes) -> None:
        """Drop `data`."""

    def close(self) -> None:
        """Do nothing."""

    def __len__(self) -> int:
        return 0


class _JsonErrorTask(ErrorTask):
    request: Any
    response_headers: Any

    def execute(self) -> None:
        error = self.request.error
        body = json.dumps({"error": error.body or error.reason}).encode() + b"\n"
        self.status = f"{error.code} {error.reason}"
        self.response_headers.append(("Content-Type", "application/json"))
        if error.code == HTTPStatus.SERVICE_UNAVAILABLE:
            self.response_headers.append(("Retry-After", "5"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.write(body)


class _Busy(Error):
    code = HTTPStatus.SERVICE_UNAVAILABLE.value
    reason = HTTPStatus.SERVICE_UNAVAILABLE.phrase


class _Channel(HTTPChannel):
    logger = _LOGGER
    parser_class = _Parser
    error_task_class = _JsonErrorTask
    server: Any
    request: Any
    requests: Any
    requests_lock: Any
    counted: _Parser | None = None

    def received(self, data: bytes) -> bool:
        new: bool = super().received(data)
        request = self.request
        if request is not None and request is not self.counted and request.headers_finished:
            self.counted = request
            if self.server.buffered() > self.server.max_buffered:
                request.refuse(_Busy("other uploads are in progress: try again in a few seconds"))
                if request.completed:
                    # Refused before its body: it goes the way of a request that has been received.
                    self.request = None
                    with self.requests_lock:
                        self.requests.append(request)
                        if len(self.requests) == 1:
                            self.server.add_task(self)
        return new

    def del_channel(self, map: Any = None) -> None:
        super().del_channel(map)
        if self.request is not None:
            # Its temporary file, which nobody else knows of.
            self.request.close()
            self.request = None


class _Stoppable:
    """What both kinds of server have in common; mixed in before waitress's class."""

    logger = _LOGGER
    channel_class: Any = _Channel
    max_buffered = 0

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._lock, self._stopped = threading.Lock(), False
        super().__init__(*arguments, **options)

    def buffered(self) -> int:
        """Bytes that the requests now received may come to take."""
        channels: list[Any] = list(self.active_channels.values())  # type: ignore[attr-defined]
        return sum(request.claim for channel in channels for request in (channel.request, *channel.requests) if request)

    def pull_trigger(self) -> None:
        """Wake the receiving thread up; harmless once its pipe is closed and the number is another file's."""
        with self._lock:
            if not self._stopped:
                super().pull_trigger()  # type: ignore[misc]

    def stop(self) -> None:
        """Have the receiving thread close everything and end."""
        with self._lock:
            if not self._stopped:
                self.trigger.pull_trigger(self._close_all)  # type: ignore[attr-defined]

    def _close_all(self) -> None:
        with self._lock:
            self._stopped = True
            wasyncore.close_all(self._map)  # type: ignore[attr-defined]


class _TcpServer(_Stoppable, TcpWSGIServer):
    pass


class _UnixServer(_Stoppable, UnixWSGIServer):
    pass
