"""One connection of an agent: what it asks for, whether that is allowed, and the way there."""

from __future__ import annotations

import asyncio
import contextlib

from pytest_mlebench.attempts.forward_proxy import client_hello
from pytest_mlebench.attempts.forward_proxy.dialing import Dialer, PrivateAddressError, UnreachableError
from pytest_mlebench.attempts.forward_proxy.limits import ProxyLimits
from pytest_mlebench.attempts.forward_proxy.relaying import Relay
from pytest_mlebench.attempts.forward_proxy.request_heads import MalformedError, Request, parse
from pytest_mlebench.attempts.forward_proxy.visits import Visit, Visits
from pytest_mlebench.controls import spell_controls
from pytest_mlebench.hosts import AllowedHosts, address, normal_name

__all__ = ["Connections"]

_TLS_PORT = 443
_REASONS = {400: "Bad Request", 403: "Forbidden", 408: "Request Timeout", 502: "Bad Gateway", 503: "Busy"}
# Connections beyond the limit that are being told so; what comes beyond these is dropped.
_MOST_TOLD = 64
_TELLING_SECONDS = 2.0
_MOST_TAKEN = 1 << 20
_FLUSHING_SECONDS = 30.0
_ACCESS_DENIED = bytes([21, 3, 3, 0, 2, 2, 49])
"""The alert by which TLS says so: a client then reports more than a connection that was cut."""


class _RefusedError(Exception):
    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


class Connections:
    """The connections of one proxy, each served by a task."""

    def __init__(self, allowed: AllowedHosts, dialer: Dialer, visits: Visits, limits: ProxyLimits) -> None:
        self._allowed, self._dialer, self._visits, self._limits = allowed, dialer, visits, limits
        self._alone = " alone" if allowed else ""
        self._is_closed = False
        self._tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, door: int | None = None) -> None:
        """Serve a new connection in a task of its own; one that came by a door leads to that port of localhost."""
        others = len(self._tasks)
        if self._is_closed or others >= self._limits.connections + _MOST_TOLD:
            writer.transport.abort()
            return
        serving = self._serve(reader, writer, door, busy=others >= self._limits.connections)
        task = asyncio.get_running_loop().create_task(serving)
        self._tasks[task] = writer
        task.add_done_callback(lambda task: self._tasks.pop(task, None))

    async def close(self) -> None:
        """Drop all connections at once, and those that still come."""
        self._is_closed = True
        tasks = dict(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        for writer in tasks.values():
            writer.transport.abort()  # also of those whose task had not begun

    async def _serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, door: int | None, *, busy: bool
    ) -> None:
        visit = Visit()
        try:
            if busy:
                raise _RefusedError(503, f"too many connections at a time: no more than {self._limits.connections} are")
            if door is not None:
                await self._enter(door, reader, writer, visit)
            elif (request := await self._request(reader, visit)) is not None:
                await self._pass(request, reader, writer, visit)
        except _RefusedError as refusal:
            visit.reason = visit.reason or str(refusal)
            await _answer(reader, writer, refusal.status, str(refusal))
        except OSError as error:
            visit.reason = visit.reason or error.strerror or str(error) or type(error).__name__
        except asyncio.CancelledError:
            visit.reason = visit.reason or "cut when the proxy closed"
            writer.transport.abort()
            raise
        except Exception as error:  # a fault here must be seen in the record, and must end no other connection
            visit.reason = f"the proxy failed: {type(error).__name__}: {error}"
        finally:
            if visit.host or visit.reason:
                self._visits.end(visit)
            await _close(writer)

    async def _request(self, reader: asyncio.StreamReader, visit: Visit) -> Request | None:
        """What is asked for; None where the client went away before it asked for anything."""
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                head = await reader.readuntil(b"\r\n\r\n")
        except TimeoutError:
            raise _RefusedError(408, f"no request came within {self._limits.head_seconds:g} s") from None
        except asyncio.LimitOverrunError:
            raise _RefusedError(400, f"the head of a request has at most {self._limits.head_bytes} bytes") from None
        except asyncio.IncompleteReadError as error:
            if not error.partial:
                return None
            raise _RefusedError(400, "the request ended in its head") from None
        try:
            request = parse(head)
        except MalformedError as error:
            if error.host:
                visit.host = error.host
                self._visits.decide(visit, allowed=False, reason=str(error))
            raise _RefusedError(400, str(error)) from None
        visit.host, visit.port = request.host, request.port
        if not self._allowed.allows(request.host, request.port):
            name = request.host if request.port == _TLS_PORT else request.authority
            line = f"{name} is not reachable from here: this attempt may speak to {self._allowed}{self._alone}"
            self._visits.decide(visit, allowed=False, reason="not allowed")
            raise _RefusedError(403, line)
        if request.method != "CONNECT" and request.port == _TLS_PORT:
            self._visits.decide(visit, allowed=False, reason="plain HTTP where TLS is spoken")
            raise _RefusedError(403, f"port {_TLS_PORT} of {request.host} is for https: use CONNECT")
        return request

    async def _pass(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visit: Visit
    ) -> None:
        """Connect to the host, and carry what is said."""
        tunnel = request.method == "CONNECT"
        dial = self._dialer.tunnel if tunnel else self._dialer.plain
        try:
            line = await dial(request.host, request.port)
        except PrivateAddressError as error:
            reason = f"a name that leads to a private address: {error}"
            self._visits.decide(visit, allowed=False, reason=reason)
            raise _RefusedError(403, f"{request.host} leads into a private network, which is not allowed") from None
        except UnreachableError as error:
            self._visits.decide(visit, allowed=True, reason=f"cannot be reached: {error}")
            raise _RefusedError(502, f"{request.host} cannot be reached: {error}") from None
        relay = Relay(reader, writer, line, visit=visit, idle=self._limits.idle_seconds)
        try:
            if not tunnel:
                self._visits.decide(visit, allowed=True)
                await relay.up(request.head(line.proxy_headers))
                await self._plain(relay, request, visit)
                return
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await writer.drain()
            if request.port != _TLS_PORT:
                self._visits.decide(visit, allowed=True)
            elif (beginning := await self._tls(request, reader, writer, visit)) is not None:
                await relay.up(beginning)
            else:
                return
            await relay.tunnel()
        except BaseException:
            line.writer.transport.abort()
            raise
        finally:
            await _close(line.writer)

    async def _enter(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visit: Visit) -> None:
        """Carry what comes by a door, which is for whatever that port speaks."""
        visit.host, visit.port = "localhost", port
        try:
            line = await self._dialer.tunnel("localhost", port)
        except UnreachableError as error:
            self._visits.decide(visit, allowed=True, reason=f"cannot be reached: {error}")
            writer.transport.abort()  # as the port itself would do
            return
        try:
            self._visits.decide(visit, allowed=True)
            await Relay(reader, writer, line, visit=visit, idle=self._limits.idle_seconds).tunnel()
        except BaseException:
            line.writer.transport.abort()
            raise
        finally:
            await _close(line.writer)

    async def _plain(self, relay: Relay, request: Request, visit: Visit) -> None:
        try:
            await relay.plain(request.body)
        except MalformedError as error:
            if visit.bytes_down:  # the answer has begun: it can only be cut
                raise OSError(str(error)) from None
            status = 502 if str(error) == "no answer of HTTP" else 400
            raise _RefusedError(status, f"{request.host} gives no answer" if status == 502 else str(error)) from None

    async def _tls(
        self, request: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, visit: Visit
    ) -> bytes | None:
        """The beginning of TLS, which names the host that was asked for; None where it does not, and was refused."""
        try:
            async with asyncio.timeout(self._limits.head_seconds):
                hello, raw = await client_hello.read(reader)
        except TimeoutError:
            problem, says_tls = "nothing came", False
        except client_hello.NoClientHelloError as error:
            problem, says_tls = f"no TLS: {error}", False
        else:
            problem, says_tls = _other_host(hello, request.host), True
            if not problem:
                self._visits.decide(visit, allowed=True)
                return raw
        self._visits.decide(visit, allowed=False, reason=problem, host_says=f"({problem})")
        await _tell(reader, writer, _ACCESS_DENIED if says_tls else b"")
        return None


def _other_host(hello: client_hello.ClientHello, host: str) -> str:
    """How what TLS names is another host than `host`; "" where it is this one."""
    if hello.hides_name:
        return "TLS with a hidden name"
    if hello.name is None:
        return "" if address(host) is not None else "TLS without a name"
    try:
        name = normal_name(hello.name)
    except ValueError:
        name = ""
    return "" if name == host else f"TLS name {hello.name}"


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, status: int, line: str) -> None:
    line = spell_controls(line)
    body = f"{line}\n".encode()
    # The line is the reason phrase too: of a CONNECT that is refused, most clients show nothing else.
    reason = f"{_REASONS[status]}: {line}".encode("ascii", "replace").decode("ascii")
    head = f"HTTP/1.1 {status} {reason}\r\nContent-Type: text/plain; charset=utf-8\r\n"
    head += f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    await _tell(reader, writer, head.encode("ascii") + body)


async def _tell(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, last: bytes) -> None:
    """Say `last` and take what the client still sends for a moment: closing at once could lose these words."""
    with contextlib.suppress(OSError):
        async with asyncio.timeout(_TELLING_SECONDS):
            writer.write(last)
            await writer.drain()
            writer.write_eof()
            taken = 0
            while taken < _MOST_TAKEN and (data := await reader.read(1 << 16)):
                taken += len(data)


async def _close(writer: asyncio.StreamWriter) -> None:
    """Close when what was written has gone out; at once where nobody takes it."""
    writer.close()
    try:
        async with asyncio.timeout(_FLUSHING_SECONDS):
            await writer.wait_closed()
    except OSError:
        pass
    finally:
        writer.transport.abort()
