"""Requests to providers that speak as OpenAI does: forwarded as they are, with the host's key."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp

from pytest_mlebench.attempts.gateway.model_error import ModelError
from pytest_mlebench.attempts.gateway.routing import Route
from pytest_mlebench.attempts.gateway.streams import Event, EventParser, Stream

__all__ = ["Direct"]

# Models that think say nothing for many minutes.
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=1800)
_LARGEST = 64 * 1024**2
_FAILURES = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


class Direct:
    """A client with connections that are kept; `close` it in the loop in which it was made."""

    def __init__(self) -> None:
        # Proxies of the host's environment are heeded, as litellm does.
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=_TIMEOUT, trust_env=True, auto_decompress=True
        )

    async def close(self) -> None:
        """Drop all connections."""
        await self._session.close()

    async def whole(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> tuple[dict[str, Any], bytes]:
        """The answer to a request that is not streamed, parsed and as it came; raises ModelError."""
        try:
            async with await self._post(endpoint, route, body) as response:
                data = await _read(response)
        except _FAILURES as error:
            raise _unreachable(route, error) from error
        return _checked(endpoint, data), data

    async def stream(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> Stream:
        """The events of the answer; raises ModelError, now and while they come."""
        try:
            response = await self._post(endpoint, route, body)
            if response.content_type != "text/event-stream":
                async with response:
                    data = await _read(response)
                _checked(endpoint, data)
                raise ModelError(502, f"the model's endpoint answered no stream, but {response.content_type}")
        except _FAILURES as error:
            raise _unreachable(route, error) from error

        async def events() -> AsyncIterator[Event]:
            parser = EventParser()
            try:
                async for data in response.content.iter_any():
                    for event in parser.feed(data):
                        if event.data is not None and event.data.get("error") and "choices" not in event.data:
                            raise _error_in(event.data)
                        yield event
            except ValueError as error:
                raise ModelError(502, f"the model's endpoint answered nonsense: {error}") from error
            except _FAILURES as error:
                raise ModelError(502, f"the model's stream broke off: {_words(error)}") from error

        async def close() -> None:
            response.close()

        return Stream(events(), close)

    async def _post(self, endpoint: str, route: Route, body: Mapping[str, Any]) -> aiohttp.ClientResponse:
        response = await self._session.post(
            f"{route.url}/{endpoint}",
            data=json.dumps({**body, "model": route.model}).encode(),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {route.key}"},
            allow_redirects=False,  # a key goes to no other host
        )
        if response.status == 200:
            return response
        async with response:
            data = await _read(response)
        status = response.status if 400 <= response.status < 600 else 502
        raise ModelError.of_answer(status, data, response.headers, f"the model's endpoint answered {response.status}")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > _LARGEST:
            raise ModelError(502, "the model's answer is too large")
    return bytes(data)


def _checked(endpoint: str, data: bytes) -> dict[str, Any]:
    """An answer that has what such answers have; some providers tell errors with status 200."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ModelError(502, f"the model's endpoint answered no JSON: {data[:200]!r}") from error
    wanted = "choices" if endpoint == "chat/completions" else "output"
    if isinstance(value, dict) and isinstance(value.get(wanted), list):
        return value
    if isinstance(value, dict) and value.get("error"):
        raise _error_in(value)
    raise ModelError(502, f"the model's endpoint answered something else: {data[:200]!r}")


def _error_in(value: Mapping[str, Any]) -> ModelError:
    code = value["error"].get("code") if isinstance(value["error"], dict) else None
    status = code if isinstance(code, int) and 400 <= code < 600 else 502
    return ModelError.of_answer(status, json.dumps(value).encode(), {}, "the model's endpoint answered an error")


def _unreachable(route: Route, error: BaseException) -> ModelError:
    return ModelError(502, f"cannot reach the model at {route.url}: {_words(error)}", code="connection_error")


def _words(error: BaseException) -> str:
    return str(error) or type(error).__name__
