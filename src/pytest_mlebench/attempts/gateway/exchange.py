"""One request of an agent: from its bytes to the model and back, counted and written down."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from pytest_mlebench.attempts.gateway import request_body
from pytest_mlebench.attempts.gateway.account import Account
from pytest_mlebench.attempts.gateway.counting import Count, count, estimate
from pytest_mlebench.attempts.gateway.direct import Direct
from pytest_mlebench.attempts.gateway.library import Library
from pytest_mlebench.attempts.gateway.model_error import ModelError
from pytest_mlebench.attempts.gateway.retrying import with_retries
from pytest_mlebench.attempts.gateway.routing import Route, Router
from pytest_mlebench.attempts.gateway.secret_values import SecretValues
from pytest_mlebench.attempts.gateway.streams import ChatAssembly, Event, ResponseAssembly, Stream
from pytest_mlebench.attempts.gateway.transcript import Transcript

__all__ = ["ENDPOINTS", "Exchange", "Means", "answer_error"]

ENDPOINTS = ("chat/completions", "responses")
"""Below the base URL."""

_ECHOED = ("tools", "instructions")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Means:
    """What all exchanges of the process share."""

    library: Library
    router: Router
    direct: Direct
    secrets: SecretValues
    patience: float


class Exchange:
    """A request for a model; `run` it once."""

    def __init__(self, means: Means, account: Account, transcript: Transcript, endpoint: str) -> None:
        self._means, self._account, self._transcript, self._endpoint = means, account, transcript, endpoint
        self._began, self._time = time.monotonic(), datetime.datetime.now(datetime.UTC)
        self._body: dict[str, Any] | None = None
        self._size = 0
        self._route: Route | None = None
        self._withheld: list[str] = []
        self._status: int | None = None
        self._tries = 0
        self._error: ModelError | None = None
        self._broken_off: str | None = None
        self._response: dict[str, Any] | None = None
        self._usage: dict[str, Any] | None = None
        self._characters = 0
        self._count: Count | None = None
        self._is_settled = False

    async def run(self, request: web.BaseRequest, data: bytes) -> web.StreamResponse:
        """Answer the request with this body, whatever happens."""
        self._account.begin()
        try:
            return await self._answer(request, data)
        except ModelError as error:
            return await self._refuse(request, error)
        except asyncio.CancelledError:
            self._broken_off = "the attempt ended"
            raise
        except ConnectionError:
            self._broken_off = "the agent went away before the answer ended"
            raise
        except Exception as error:
            _log.exception("a request of an agent")
            return await self._refuse(request, ModelError(500, f"the gateway failed: {type(error).__name__}"))
        finally:
            self._settle()
            self._write()

    async def _answer(self, request: web.BaseRequest, data: bytes) -> web.StreamResponse:
        self._size = len(data)
        body = self._body = request_body.parsed(data, self._endpoint)
        self._account.admit(body.get("model"))
        await self._means.library.loaded.wait()
        self._route = self._means.router.route(body.get("model"))
        ready, self._withheld = request_body.prepared(body, self._endpoint, self._route.provider)
        if body.get("stream"):
            return await self._stream(request, self._route, ready)
        return await self._whole(request, self._route, ready)

    async def _whole(self, request: web.BaseRequest, route: Route, ready: dict[str, Any]) -> web.StreamResponse:
        upstream = self._means.library if route.url is None else self._means.direct

        async def ask() -> tuple[dict[str, Any], bytes]:
            self._tries += 1
            return await upstream.whole(self._endpoint, route, ready)

        answer, data = await with_retries(ask, patience=self._means.patience, is_wanted=lambda: _is_there(request))
        self._response, usage = answer, answer.get("usage")
        self._usage = usage if isinstance(usage, dict) else None
        self._characters, self._status = len(data), 200
        self._settle()
        response = web.Response(body=self._means.secrets.clean(data), content_type="application/json")
        return await _send(request, response)

    async def _stream(self, request: web.BaseRequest, route: Route, ready: dict[str, Any]) -> web.StreamResponse:
        upstream = self._means.library if route.url is None else self._means.direct

        async def ask() -> tuple[Stream, Event]:
            self._tries += 1
            stream = await upstream.stream(self._endpoint, route, ready)
            try:
                # Once the agent has seen its beginning, a stream cannot be tried again.
                async for event in stream.events:
                    if event.data is not None:
                        return stream, event
                raise ModelError(502, "the model's stream ended before it began")
            except BaseException:
                await stream.close()
                raise

        stream, event = await with_retries(ask, patience=self._means.patience, is_wanted=lambda: _is_there(request))
        try:
            return await self._pass_on(request, stream, event)
        finally:
            await stream.close()

    async def _pass_on(self, request: web.BaseRequest, stream: Stream, first: Event) -> web.StreamResponse:
        is_chat = self._endpoint == "chat/completions"
        assembly = ChatAssembly() if is_chat else ResponseAssembly()
        options = (self._body or {}).get("stream_options")
        wants_usage = isinstance(options, dict) and bool(options.get("include_usage"))
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-cache"})
        self._status = 200

        async def take(event: Event) -> None:
            if event.data is None:
                return
            try:
                assembly.feed(event.data)
                passes = wants_usage or not assembly.is_only_usage(event.data)
            except (AttributeError, TypeError, ValueError) as error:
                raise ModelError(502, f"the model's stream is not as it should be: {error}") from error
            self._usage, self._characters = assembly.usage, assembly.characters
            if passes:
                await response.write(self._means.secrets.clean(event.raw))

        try:
            await response.prepare(request)
            await take(first)
            async for event in stream.events:
                if event.is_done:
                    break
                await take(event)
            if not assembly.is_complete:
                raise ModelError(502, "the model's stream ended before its answer did")
        except ModelError as error:
            # The agent has its status already: it gets the error as an event, and a connection that breaks off.
            self._broken_off = str(error)
            with contextlib.suppress(ConnectionError):
                await response.write(self._means.secrets.clean(_error_event(error, is_chat)))
            if request.transport is not None:
                request.transport.close()
        finally:
            self._response = assembly.answer()
        self._settle()
        if self._broken_off is None:
            if is_chat:
                await response.write(b"data: [DONE]\n\n")
            await response.write_eof()
        return response

    async def _refuse(self, request: web.BaseRequest, error: ModelError) -> web.StreamResponse:
        self._error, self._status = error, error.status
        self._settle()
        return await answer_error(request, error, self._means.secrets)

    def _settle(self) -> None:
        """Count what was used, once, before the agent has all of its answer: its next request finds it counted."""
        if self._is_settled:
            return
        self._is_settled = True
        route = self._route
        if route is not None and self._error is None and self._tries:
            tier = (self._response or {}).get("service_tier")
            self._count = count(self._means.library, route, self._usage, tier)
            if self._count is None:
                self._count = estimate(self._means.library, route, self._size, self._characters)
            self._account.add(route.asked, self._count)
        self._account.end(self._error, self._broken_off is not None)

    def _write(self) -> None:
        entry: dict[str, Any] = {
            "time": self._time.isoformat(timespec="milliseconds"),
            "seconds": round(time.monotonic() - self._began, 3),
            "model": (self._body or {}).get("model"),
            "endpoint": self._endpoint,
            "stream": bool((self._body or {}).get("stream")),
            "status": self._status,
            "tries": self._tries,
            "usage": None if self._count is None else self._count.to_json(),
            "cost": None if self._count is None else self._count.cost,
            "error": self._broken_off if self._error is None else str(self._error),
        }
        if self._withheld:
            entry["withheld"] = self._withheld
        # What a response of the Responses API repeats of its request is left out.
        answer = self._response and {key: value for key, value in self._response.items() if key not in _ECHOED}
        try:
            self._transcript.write(entry, self._body, answer)
        except (OSError, ValueError, RecursionError) as error:
            if not self._account.unwritten:
                _log.error("a transcript cannot be written: %s", error)
            self._account.unwritten += 1
            self._account.changed.set()


async def answer_error(request: web.BaseRequest, error: ModelError, secrets: SecretValues) -> web.StreamResponse:
    """Send the error as OpenAI's endpoints word them."""
    headers = {} if error.retry_after is None else {"Retry-After": f"{error.retry_after:.0f}"}
    body = secrets.clean(json.dumps(error.to_json()).encode())
    return await _send(
        request, web.Response(body=body, status=error.status, content_type="application/json", headers=headers)
    )


async def _send(request: web.BaseRequest, response: web.Response) -> web.Response:
    await response.prepare(request)
    await response.write_eof()
    return response


def _error_event(error: ModelError, is_chat: bool) -> bytes:
    if is_chat:
        return f"data: {json.dumps(error.to_json())}\n\n".encode()
    data = {"type": "error", "code": error.code, "message": str(error), "param": None, "sequence_number": 0}
    return f"event: error\ndata: {json.dumps(data)}\n\n".encode()


def _is_there(request: web.BaseRequest) -> bool:
    return request.transport is not None and not request.transport.is_closing()
