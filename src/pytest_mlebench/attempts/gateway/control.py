"""The control socket: a worker opens an attempt with a connection that stays open for as long as the attempt lasts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.budget import Budget
from pytest_mlebench.attempts.gateway.account import Account, RunAccount
from pytest_mlebench.attempts.gateway.exchange import Means
from pytest_mlebench.attempts.gateway.listener import Listener
from pytest_mlebench.attempts.gateway.transcript import Transcript

__all__ = ["Control"]

_LONGEST_LINE = 1 << 20
_log = logging.getLogger(__name__)


class Control:
    """Serves workers at a Unix socket that only this user can open.

    A worker sends a line ``{"name", "socket", "transcript", "budget"}`` and gets ``{"port": N or null}`` or
    ``{"error": "..."}``, then a line of `Account.state` whenever it changes. When it sends another line, or goes, the
    attempt is closed; its last line is the state with ``"closed": true``.
    """

    def __init__(self, means: Means, run: RunAccount) -> None:
        self._means, self._run = means, run
        self._server: asyncio.Server | None = None
        self._workers: set[asyncio.Task[None]] = set()

    async def start(self, path: Path) -> None:
        """Listen at `path`; raises OSError."""
        self._server = await asyncio.start_unix_server(self._accept, str(path), limit=_LONGEST_LINE)
        path.chmod(0o600)

    async def close(self) -> None:
        """Close all attempts."""
        if self._server is not None:
            self._server.close()
        for worker in self._workers:
            worker.cancel()
        if self._workers:
            await asyncio.wait(self._workers)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        worker = asyncio.current_task()
        assert worker is not None
        self._workers.add(worker)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the worker is gone, or this process ends
        except Exception:
            _log.exception("a worker's attempt")
        finally:
            self._workers.discard(worker)
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = await reader.readline()
        if not line:
            return
        account: Account | None = None
        listener: Listener | None = None
        try:
            try:
                wanted = json.loads(line)
                budget = None if wanted["budget"] is None else Budget(**wanted["budget"])
                transcript = Transcript(Path(wanted["transcript"]), self._means.secrets)
                account = Account(self._run, budget)
                listener = Listener(self._means, account, transcript)
                port = await listener.start(None if wanted["socket"] is None else Path(wanted["socket"]))
            except (OSError, ValueError, KeyError, TypeError) as error:
                await _send(writer, {"error": str(error) or type(error).__name__})
                return
            await _send(writer, {"port": port})
            await self._follow(account, reader, writer)
        finally:
            if listener is not None:
                await listener.close()
            if account is not None:
                with contextlib.suppress(ConnectionError):
                    await _send(writer, {**account.state(), "closed": True})

    async def _follow(self, account: Account, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Tell the worker what changes until it says that the attempt is over, or goes."""
        over = asyncio.ensure_future(reader.readline())
        try:
            account.changed.set()
            while not over.done():
                changed = asyncio.ensure_future(account.changed.wait())
                try:
                    await asyncio.wait((over, changed), return_when=asyncio.FIRST_COMPLETED)
                finally:
                    changed.cancel()
                account.changed.clear()
                await _send(writer, account.state())
        finally:
            over.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError, ValueError):
                await over


async def _send(writer: asyncio.StreamWriter, value: dict[str, Any]) -> None:
    writer.write(json.dumps(value).encode() + b"\n")
    await writer.drain()
