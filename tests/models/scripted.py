"""A model played from a script, behind a real HTTP server that speaks the protocols of model providers.

    def player(request: dict) -> Answer:
        return Reply("hello")

    with ScriptedModel(player) as model:
        ...  # an OpenAI client with base_url=model.url

`player` is called with the JSON body of each request, whatever its endpoint, in a thread of the server, one at a time,
so that it may keep a state of its own. An exception in it is answered with status 500, and raised again at the end of
the `with` block.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from . import wire

__all__ = [
    "Answer",
    "Failure",
    "Hang",
    "Raw",
    "Reply",
    "Request",
    "ScriptedModel",
    "forced_tool",
    "text_of",
    "tools_of",
]


@dataclass(frozen=True)
class Reply:
    """What the model says."""

    text: str | None = None
    tool_calls: Sequence[tuple[str, Mapping[str, Any]]] = ()
    """Names and arguments of the functions that it calls."""
    usage: tuple[int, int] | None = None
    """Tokens of input and output; None for about a quarter of the characters."""
    cost: float | None = None
    """US dollars, told in the usage as OpenRouter does."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """Of the tokens of input: ``{"cached_tokens": 7}``."""
    seconds: float = 0.0
    """How long it thinks before it begins to answer."""
    after: threading.Event | None = None
    """What it waits for before it begins to answer."""
    pause: float = 0.0
    """Seconds between the events of a stream."""
    cut_after: int | None = None
    """Break the connection off after so many events of a stream."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """More fields of the message, in chat completions."""


@dataclass(frozen=True)
class Failure:
    """An error of the provider; `retry_after` is in seconds."""

    status: int
    message: str = "the script says so"
    retry_after: float | None = None
    code: str | None = None
    body: str | None = None
    """The whole body, in place of an error as OpenAI words it."""


@dataclass(frozen=True)
class Raw:
    """Any bytes, under any type."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


@dataclass(frozen=True)
class Hang:
    """No answer: the connection is closed after `seconds`, or when the client or the server goes."""

    seconds: float = 600.0


Answer = Reply | Failure | Raw | Hang


@dataclass(frozen=True)
class Request:
    """One that came in."""

    path: str
    headers: Mapping[str, str]
    """By lower-case name."""
    body: dict[str, Any]
    at: float
    """When, by time.monotonic()."""


class ScriptedModel:
    """A context manager: inside it, `player` answers at `url`, on a free port of 127.0.0.1.

    Below `url`, and without /v1: ``POST chat/completions``, ``POST responses``, ``POST messages`` as Anthropic has it,
    each plain and streamed, and ``GET models``. A tool that a request forces must be in the reply, one that it does not
    offer must not.
    """

    def __init__(self, player: Callable[[dict[str, Any]], Answer]) -> None:
        self.player = player
        self.requests: list[Request] = []
        """All that came to the player, in order."""
        self.errors: list[BaseException] = []
        """What the player raised."""
        self._turn, self._stopping = threading.Lock(), threading.Lock()
        self._over = threading.Event()
        self._server: _Server | None = None
        self._port = 0

    @property
    def url(self) -> str:
        """The base URL: ``http://127.0.0.1:PORT/v1``; it stays the same when the server is closed."""
        return f"http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> ScriptedModel:
        self.start()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None and self.errors:
            raise self.errors[0]

    def start(self) -> None:
        """Listen (again, after `stop`, on the same port)."""
        self._over.clear()
        self._server = _Server(("127.0.0.1", self._port), self)
        self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.02,), name="scripted-model", daemon=True).start()

    def stop(self) -> None:
        """Close the port and all connections, as a provider that is down; stopping again does nothing."""
        self._over.set()
        with self._stopping:
            if self._server is not None:
                self._server.shutdown()
                self._server.server_close()
                self._server.drop_all()
                self._server = None

    def answer(self, request: Request) -> Answer:
        """What the player says to it."""
        with self._turn:
            self.requests.append(request)
            try:
                answer = self.player(request.body)
                if isinstance(answer, Reply):
                    _check(request.body, answer)
            except BaseException as error:
                self.errors.append(error)
                return Failure(500, f"the player raised {error!r}")
        return answer

    def wait(self, seconds: float, connection: socket.socket | None = None) -> bool:
        """Wait, or less where the server is stopped or the client goes; whether it waited to the end."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if self._over.wait(min(left, 0.05)):
                return False
            if connection is not None and _is_gone(connection):
                return False
        return True


def tools_of(request: Mapping[str, Any]) -> list[str]:
    """The names of the tools that a request offers, in any of the protocols."""
    return [str(tool.get("function", tool).get("name")) for tool in request.get("tools") or ()]


def forced_tool(request: Mapping[str, Any]) -> str | None:
    """The tool that a request insists on: its name, "" for any of those offered, None where it does not."""
    choice = request.get("tool_choice")
    if isinstance(choice, Mapping):
        if choice.get("type") == "any":
            return ""
        name = choice.get("function", choice).get("name")
        return None if name is None else str(name)
    return "" if choice == "required" else None


def text_of(value: Any) -> str:
    """All text in a request, its messages or any part of them, in order, a line between two."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        keys = ("system", "instructions", "messages", "input", "content", "text", "output")
        return "\n".join(filter(None, (text_of(value[key]) for key in keys if key in value)))
    if isinstance(value, Sequence):
        return "\n".join(filter(None, map(text_of, value)))
    return ""


def _check(request: Mapping[str, Any], reply: Reply) -> None:
    called, offered, forced = [name for name, _ in reply.tool_calls], tools_of(request), forced_tool(request)
    assert set(called) <= set(offered), f"the script calls {called}, the request offers {offered}"
    assert forced is None or (called if forced == "" else forced in called), f"the request forces {forced or 'a tool'}"


def _is_gone(connection: socket.socket) -> bool:
    with contextlib.suppress(BlockingIOError, OSError):
        if select.select([connection], [], [], 0)[0]:
            return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    return False


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], model: ScriptedModel) -> None:
        self.model = model
        self._connections: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        # Small writes, as of a stream's events, must not wait for each other.
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def drop_all(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that go are part of the play."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body in one write
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""

    def do_GET(self) -> None:
        if self.path.rstrip("/").endswith("/models"):
            self._send(200, {"object": "list", "data": [{"id": "scripted", "object": "model", "owned_by": "tests"}]})
        else:
            self._send(404, wire.error(404, f"no {self.path}"))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        path = self.path.partition("?")[0].removeprefix("/v1").strip("/")
        protocol = wire.PROTOCOLS.get(path)
        if protocol is None:
            self._send(404, wire.error(404, f"no {self.path}"))
            return
        try:
            body = json.loads(data)
            if not isinstance(body, dict):
                raise ValueError("no object")
        except ValueError as error:
            self._send(400, wire.error(400, f"not JSON: {error}"))
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.model.answer(Request(self.path, headers, body, time.monotonic()))
        match answer:
            case Failure():
                failure = (
                    answer.body if answer.body is not None else wire.error(answer.status, answer.message, answer.code)
                )
                more = {} if answer.retry_after is None else {"Retry-After": f"{answer.retry_after:g}"}
                self._send(answer.status, failure, more)
            case Raw():
                self._send(answer.status, answer.body, {"Content-Type": answer.content_type})
            case Hang():
                self.server.model.wait(answer.seconds, self.connection)
                self.close_connection = True
            case Reply():
                self._reply(protocol, body, answer)

    def _reply(self, protocol: wire.Protocol, body: dict[str, Any], reply: Reply) -> None:
        if reply.usage is None:
            spoken = len(reply.text or "") + len(json.dumps([dict(arguments) for _, arguments in reply.tool_calls]))
            reply = dataclasses.replace(reply, usage=(len(json.dumps(body)) // 4 + 1, spoken // 4 + 1))
        if reply.after is not None:
            reply.after.wait(120)
        if reply.seconds and not self.server.model.wait(reply.seconds, self.connection):
            self.close_connection = True
            return
        if not body.get("stream"):
            self._send(200, protocol.whole(body, reply))
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for number, event in enumerate(protocol.events(body, reply)):
            if reply.cut_after is not None and number >= reply.cut_after:
                self.wfile.flush()
                self.close_connection = True
                with contextlib.suppress(OSError):
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.wfile.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
            self.wfile.flush()
            if reply.pause and not self.server.model.wait(reply.pause, self.connection):
                self.close_connection = True
                return
        self.wfile.write(b"0\r\n\r\n")

    def _send(self, status: int, body: dict[str, Any] | str | bytes, headers: Mapping[str, str] | None = None) -> None:
        text = json.dumps(body) if isinstance(body, dict) else body
        data = text.encode() if isinstance(text, str) else text
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.wfile.flush()
