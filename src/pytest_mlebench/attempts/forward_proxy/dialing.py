"""Connecting to an allowed host: resolving its name, refusing addresses it must not have, other proxies on the way."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
import urllib.parse
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.hosts import address, is_public

__all__ = ["Dialer", "Line", "PrivateAddressError", "Resolve", "UnreachableError", "resolve"]

Resolve = Callable[[str, int], Sequence[str]]
"""The IP addresses of a name, for a port; it may block, and raises OSError where there is none."""

HEAD_BYTES = 64 * 1024
"""Longest head of a server's answer, in bytes; twice as much is kept in memory at most."""

_MOST_ADDRESSES = 8
_DEFAULT_PORTS = {"http": 80, "https": 443}


class PrivateAddressError(Exception):
    """The name of an allowed host leads into a network that is not the world's."""


class UnreachableError(Exception):
    """There is no connection to the host; says why."""


@dataclass
class Line:
    """A connection to a host, or to another proxy that takes requests for it."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    proxy_headers: dict[str, str] | None = None
    """What requests of plain HTTP say to that proxy; None where this is the host itself."""


@dataclass(frozen=True)
class _Proxy:
    host: str
    port: int
    tls: bool
    headers: dict[str, str] = field(repr=False)


class Dialer:
    """Connects to hosts as the environment says: directly, or by way of its HTTPS_PROXY and HTTP_PROXY.

    The environment is read when the dialer is made. Raises HarnessError where it names a proxy of an unknown kind.
    """

    def __init__(self, *, resolve: Resolve, seconds: float) -> None:
        self._resolve, self._seconds = resolve, seconds
        named = urllib.request.getproxies()
        self._proxies = {
            scheme: _proxy(scheme, url)
            for scheme in ("http", "https")
            if (url := named.get(scheme) or named.get("all"))
        }

    async def tunnel(self, host: str, port: int) -> Line:
        """A connection to the host itself; raises PrivateAddressError or UnreachableError."""
        async with _Reporting(self._seconds):
            proxy = self._way("https", host, port)
            return await (self._direct(host, port) if proxy is None else _through(proxy, host, port))

    async def plain(self, host: str, port: int) -> Line:
        """A connection for one request of plain HTTP; raises likewise."""
        async with _Reporting(self._seconds):
            proxy = self._way("http", host, port)
            if proxy is None:
                return await self._direct(host, port)
            line = await _to(proxy)
            line.proxy_headers = proxy.headers
            return line

    def _way(self, scheme: str, host: str, port: int) -> _Proxy | None:
        proxy = self._proxies.get(scheme)
        ip = address(host)
        if proxy is None or _is_localhost(host) or (ip is not None and ip.is_loopback):
            return None
        return None if urllib.request.proxy_bypass(f"{host}:{port}") else proxy

    async def _direct(self, host: str, port: int) -> Line:
        failure: OSError | None = None
        for ip in await self._addresses(host, port):
            try:
                return await _open(ip, port)
            except OSError as error:
                failure = failure or error
        raise failure or OSError("its name has no address")

    async def _addresses(self, host: str, port: int) -> Sequence[str]:
        if address(host) is not None:
            return [host]  # was named itself
        if _is_localhost(host):
            return ["127.0.0.1", "::1"]  # whatever a name server says
        found = await asyncio.get_running_loop().run_in_executor(None, self._resolve, host, port)
        known = {text: address(text) for text in found}
        public = [text for text, ip in known.items() if ip is not None and is_public(ip)]
        if known and not public:
            raise PrivateAddressError(", ".join(known))
        return public[:_MOST_ADDRESSES]


def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` as this machine knows them, the preferred one first."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class _Reporting:
    """Bounds the time of connecting, and turns its errors into one kind."""

    def __init__(self, seconds: float) -> None:
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)  # type: ignore[arg-type]
        except TimeoutError:
            raise UnreachableError("it does not answer") from None
        if isinstance(error, socket.gaierror):
            raise UnreachableError("its name cannot be resolved") from error
        if isinstance(error, OSError):
            # asyncio's own words name the address, which is none of the agent's business.
            raise UnreachableError(os.strerror(error.errno) if error.errno else str(error)) from error


async def _open(host: str, port: int, tls: ssl.SSLContext | None = None) -> Line:
    return Line(*await asyncio.open_connection(host, port, limit=HEAD_BYTES, ssl=tls))


async def _to(proxy: _Proxy) -> Line:
    return await _open(proxy.host, proxy.port, ssl.create_default_context() if proxy.tls else None)


async def _through(proxy: _Proxy, host: str, port: int) -> Line:
    line = await _to(proxy)
    try:
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        lines += [f"{name}: {value}" for name, value in proxy.headers.items()]
        line.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        await line.writer.drain()
        try:
            head = await line.reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            raise OSError("this machine's own proxy gives no answer") from None
        status = head.split(b"\r\n", 1)[0].decode("latin-1").split(" ", 2)
        if not status[0].startswith("HTTP/1.") or not status[1:] or not status[1].startswith("2"):
            raise OSError(f"this machine's own proxy refuses: {' '.join(status[1:])[:100]}")
    except BaseException:
        line.writer.transport.abort()
        raise
    return line


def _is_localhost(host: str) -> bool:
    return host == "localhost" or host.endswith(".localhost")


def _proxy(scheme: str, url: str) -> _Proxy:
    try:
        parts = urllib.parse.urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urllib.parse.SplitResult("", "", "", "", "")
    variable = f"{scheme.upper()}_PROXY"
    if not host or parts.scheme not in _DEFAULT_PORTS:
        # Not the URL itself, which may hold a password.
        raise HarnessError(
            f"the forward proxy cannot go by way of {variable}, {parts.scheme or '?'}://{host or '?'}: "
            "it takes proxies named http://host:port or https://host:port"
        )
    headers = {}
    if parts.username is not None:
        user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        headers["Proxy-Authorization"] = f"Basic {base64.b64encode(user.encode()).decode('ascii')}"
    return _Proxy(host, port or _DEFAULT_PORTS[parts.scheme], parts.scheme == "https", headers)
