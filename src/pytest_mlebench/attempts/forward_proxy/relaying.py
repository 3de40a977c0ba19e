"""Bytes between an agent and a host: both ways until both have ended, or one request of plain HTTP and its answer."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from pytest_mlebench.attempts.forward_proxy.dialing import Line
from pytest_mlebench.attempts.forward_proxy.request_heads import Body, MalformedError, answer_head
from pytest_mlebench.attempts.forward_proxy.visits import Visit

__all__ = ["Relay"]

_BLOCK = 64 * 1024
_LONGEST_CHUNK_HEAD = 1024
# Where one side is gone, the other is not waited for as long as a host that thinks.
_LAST_WORDS = 60.0


class Relay:
    """One connection of an agent, joined with one to a host. Keeps bounded memory: it reads what it could pass on."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, line: Line, *, visit: Visit, idle: float
    ) -> None:
        self._reader, self._writer, self._line = reader, writer, line
        self._visit, self._idle = visit, idle
        self._moved = asyncio.get_running_loop().time()
        self._is_over = False

    async def tunnel(self) -> None:
        """Pass everything on until both sides have ended, one has gone away, or nothing came for the idle time.

        Raises OSError as the sockets do, and TimeoutError where nothing came.
        """
        await self._both(self._up_all(), self._down_all())

    async def plain(self, body: Body) -> None:
        """Pass on the body of a request, and its answer to its end. Raises likewise, and MalformedError."""
        await self._both(self._up_request(body), self._down_answer())

    async def _both(self, up: Coroutine[Any, Any, None], down: Coroutine[Any, Any, None]) -> None:
        loop = asyncio.get_running_loop()
        upward, downward = loop.create_task(up), loop.create_task(down)
        pending, cut = {upward, downward}, ""
        try:
            while pending and not self._is_over:
                idle = min(self._idle, _LAST_WORDS) if downward.done() or cut else self._idle
                left = self._moved + idle - loop.time()
                if left <= 0 and downward.done():
                    return
                if left <= 0:
                    raise TimeoutError(cut or f"nothing came for {idle:g} s")
                done, pending = await asyncio.wait(pending, timeout=left, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    try:
                        task.result()
                    except OSError as error:
                        if task is downward:
                            raise
                        # A host that takes no more, for the request is too long, may still have said so.
                        cut = error.strerror or type(error).__name__
        finally:
            for task in (upward, downward):
                task.cancel()
            await asyncio.gather(upward, downward, return_exceptions=True)

    async def up(self, data: bytes) -> None:
        """Pass `data` on to the host."""
        self._moved = asyncio.get_running_loop().time()
        self._visit.bytes_up += len(data)
        self._line.writer.write(data)
        await self._line.writer.drain()

    async def _down(self, data: bytes) -> None:
        self._moved = asyncio.get_running_loop().time()
        self._visit.bytes_down += len(data)
        self._writer.write(data)
        await self._writer.drain()

    async def _up_all(self) -> None:
        while data := await self._reader.read(_BLOCK):
            await self.up(data)
        self._end_up()

    def _end_up(self) -> None:
        if self._line.writer.can_write_eof():
            self._line.writer.write_eof()
        else:  # TLS to another proxy knows no half
            self._is_over = True

    async def _down_all(self) -> None:
        while data := await self._line.reader.read(_BLOCK):
            await self._down(data)
        self._writer.write_eof()

    async def _up_request(self, body: Body) -> None:
        await self._up_body(body)
        while await self._reader.read(_BLOCK):
            pass  # another request on this connection, which was told to end, could ask for anything
        self._end_up()

    async def _up_body(self, body: Body) -> None:
        await self._up_some(body.length)
        while body.chunked:
            head = await self._chunk_line()
            await self.up(head)
            size = head.split(b";")[0].strip()
            if not size or len(size) > 16 or size.strip(b"0123456789abcdefABCDEF"):
                raise MalformedError("a chunk of the body says no length")
            if int(size, 16) == 0:
                while head != b"\r\n":
                    head = await self._chunk_line()
                    await self.up(head)
                return
            await self._up_some(int(size, 16))
            if await self._chunk_line() != b"\r\n":
                raise MalformedError("a chunk of the body is longer than it says")
            await self.up(b"\r\n")

    async def _up_some(self, size: int) -> None:
        while size:
            data = await self._reader.read(min(size, _BLOCK))
            if not data:
                raise MalformedError("the body is shorter than it says")
            size -= len(data)
            await self.up(data)

    async def _chunk_line(self) -> bytes:
        try:
            line = await self._reader.readuntil(b"\r\n")
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            line = b""
        if not line or len(line) > _LONGEST_CHUNK_HEAD:
            raise MalformedError("a chunk of the body says no length")
        return line

    async def _down_answer(self) -> None:
        status = 100
        while status < 200:
            try:
                status, head = answer_head(await self._line.reader.readuntil(b"\r\n\r\n"))
            except (asyncio.IncompleteReadError, asyncio.LimitOverrunError):
                raise MalformedError("no answer of HTTP") from None
            await self._down(head)
        await self._down_all()
        self._is_over = True
