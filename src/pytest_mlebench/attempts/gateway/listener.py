"""Where one attempt's agent finds its models: an HTTP server on a Unix socket or a port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path

from aiohttp import web

from pytest_mlebench.attempts.binding import bind
from pytest_mlebench.attempts.gateway.account import Account
from pytest_mlebench.attempts.gateway.exchange import ENDPOINTS, Exchange, Means, answer_error
from pytest_mlebench.attempts.gateway.model_error import ModelError
from pytest_mlebench.attempts.gateway.transcript import Transcript

__all__ = ["LARGEST", "Listener"]

LARGEST = 32 * 1024**2
"""Bytes of one request."""

# Of one attempt at a time; more is refused, so that it cannot take from others.
_MOST_REQUESTS = 64
_MOST_CONNECTIONS = 256
_MOST_BUFFERED = 4 * LARGEST
_CLOSING_SECONDS = 2.0


class Listener:
    """Serves one attempt from `start` to `close`.

    ``POST /v1/chat/completions``, ``POST /v1/responses``, ``GET /v1/models``, ``GET /health``, each also without /v1.
    """

    def __init__(self, means: Means, account: Account, transcript: Transcript) -> None:
        self._means, self._account, self._transcript = means, account, transcript
        self._server = web.Server(self._handle, access_log=None)
        self._listening: asyncio.Server | None = None
        self._path: Path | None = None
        self._at_work: set[asyncio.Task[object]] = set()
        self._buffered = 0

    async def start(self, path: Path | None) -> int | None:
        """Listen at the path of a Unix socket, open to every user who can reach it, or on a free port: its number.

        Raises OSError where it cannot.
        """
        listening = bind(path)
        self._path = path
        loop = asyncio.get_running_loop()
        self._listening = await loop.create_server(self._connected, sock=listening)
        return None if path is not None else int(listening.getsockname()[1])

    async def close(self) -> None:
        """Stop listening and end what is at work, each of which is counted and written down."""
        if self._listening is not None:
            self._listening.close()
        for task in self._at_work:
            task.cancel()
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=_CLOSING_SECONDS)
        self._server.pre_shutdown()  # connections at rest would be waited for
        await self._server.shutdown(_CLOSING_SECONDS)
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()

    def _connected(self) -> asyncio.BaseProtocol:
        """What speaks to a new connection; too many of them must not take those of other attempts."""
        return self._server() if len(self._server.connections) < _MOST_CONNECTIONS else _Refusal()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path.rstrip("/").removeprefix("/v1").lstrip("/")
        if request.method == "POST" and path in ENDPOINTS:
            return await self._ask(request, path)
        if request.method == "GET" and path == "health":
            return web.json_response({"status": "ok"})
        if request.method == "GET" and path == "models":
            return web.json_response({"object": "list", "data": [_model(name) for name in self._account.names]})
        if request.method == "GET" and path.startswith("models/"):
            return web.json_response(_model(path.removeprefix("models/")))
        error = ModelError(
            404, f"there is no {request.method} {request.path[:200]} here", code="not_found", is_of="agent"
        )
        return await answer_error(request, error, self._means.secrets)

    async def _ask(self, request: web.BaseRequest, endpoint: str) -> web.StreamResponse:
        task, data = asyncio.current_task(), bytearray()
        assert task is not None
        if len(self._at_work) >= _MOST_REQUESTS:
            error = ModelError(429, "too many requests at a time", retry_after=1, is_of="limit")
            return await answer_error(request, error, self._means.secrets)
        self._at_work.add(task)
        try:
            await self._read(request, data)
            return await Exchange(self._means, self._account, self._transcript, endpoint).run(request, bytes(data))
        except ModelError as error:
            return await answer_error(request, error, self._means.secrets)
        finally:
            self._at_work.discard(task)
            self._buffered -= len(data)

    async def _read(self, request: web.BaseRequest, data: bytearray) -> None:
        """Read the body into `data`; raises ModelError for what is too large, alone or with others."""
        too_large = ModelError(413, f"the request is larger than {LARGEST:,} bytes", code="too_large")
        if (request.content_length or 0) > LARGEST:
            raise too_large
        async for piece in request.content.iter_any():
            data += piece
            self._buffered += len(piece)
            if len(data) > LARGEST:
                raise too_large
            if self._buffered > _MOST_BUFFERED:
                raise ModelError(429, "too much at a time", retry_after=1, is_of="limit")


class _Refusal(asyncio.Protocol):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.close()


def _model(name: str) -> dict[str, object]:
    return {"id": name, "object": "model", "created": int(time.time()), "owned_by": "gateway"}
