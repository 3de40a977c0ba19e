"""The thread of a forward proxy, with an event loop of its own."""

from __future__ import annotations

import asyncio
import functools
import socket
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from pytest_mlebench.attempts.forward_proxy.connections import Connections

__all__ = ["LoopThread"]

_RESOLVING = 8
_BACKLOG = 512


class LoopThread:
    """Accepts what comes to `listeners`, which it then owns, and hands it to `connections`, until it is closed.

    The key of a listener is the port of localhost that it leads to, or None for the one that is asked for hosts.
    `limit` is the longest head of a request, in bytes. Raises RuntimeError where the thread cannot start.
    """

    def __init__(self, listeners: Mapping[int | None, socket.socket], connections: Connections, *, limit: int) -> None:
        self._listeners, self._connections, self._limit = listeners, connections, limit
        for listener in listeners.values():
            listener.listen(_BACKLOG)
            listener.setblocking(False)
        self._loop = asyncio.new_event_loop()
        # What it would print there, no file descriptors for a moment, is of no use on pytest's terminal.
        self._loop.set_exception_handler(lambda loop, context: None)
        self._loop.set_default_executor(ThreadPoolExecutor(_RESOLVING, "mlebench-resolving"))
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="mlebench-forward-proxy", daemon=True)
        try:
            self._thread.start()
        except BaseException:
            self._loop.close()
            raise

    def close(self) -> None:
        """Drop everything, and wait for the thread to end."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()
            for listener in self._listeners.values():
                listener.close()

    async def _serve(self) -> None:
        # Not start_unix_server: newer ones would look for the socket at the path that it was bound to.
        servers = [
            await asyncio.start_server(
                functools.partial(self._connections.accept, door=port),
                sock=listener,
                limit=self._limit,
                backlog=_BACKLOG,
            )
            for port, listener in self._listeners.items()
        ]
        await self._stop.wait()
        # First let what is being accepted get its transport: a server that is closed would lose it, and not close it.
        for listener in self._listeners.values():
            self._loop.remove_reader(listener)
        await self._turn()
        await self._connections.close()
        await self._turn()
        for server in servers:
            server.close()

    async def _turn(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
