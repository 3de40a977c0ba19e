"""The forward proxy: where it listens, and the thread that it runs in."""

from __future__ import annotations

import socket as sockets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_mlebench.attempts.binding import bind
from pytest_mlebench.attempts.forward_proxy.limits import ProxyLimits
from pytest_mlebench.attempts.forward_proxy.visits import Visits
from pytest_mlebench.attempts.record import Contact
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.hosts import AllowedHosts

if TYPE_CHECKING:
    from pytest_mlebench.attempts.forward_proxy.dialing import Resolve
    from pytest_mlebench.attempts.forward_proxy.loop_thread import LoopThread

__all__ = ["ForwardProxy"]


class ForwardProxy:
    """A context manager: inside it, an HTTP proxy answers in a thread of this process, and leads to `hosts` alone.

    It takes ``CONNECT host:port`` and requests of plain HTTP. `hosts` are as `AllowedHosts` takes them; all else is
    answered 403 with one line that says what is allowed. An allowed name leads to no private address, unless it is
    ``localhost``; an IP address that is named itself may be any. On port 443 TLS alone is spoken, and it has to begin
    by naming, unencrypted, the host that was asked for. Where the environment names proxies of this machine
    (HTTPS_PROXY, HTTP_PROXY, NO_PROXY), hosts are reached through them, and then it is they who resolve names.

    It listens on the Unix socket at path `socket`, open to every user of the machine who can reach it. What was asked
    for is counted in `contacts`, and each connection is written to the file `record` as a line of JSON when it ends:
    its time (UTC), host, port, whether it was allowed, the reason of its end where that was not by itself, bytes both
    ways, seconds. `resolve` stands in for this machine's resolver.

    Raises ValueError for hosts that are none; entering raises HarnessError where it cannot listen.
    """

    def __init__(
        self,
        hosts: Sequence[str],
        *,
        socket: Path,
        record: Path | None = None,
        limits: ProxyLimits | None = None,
        resolve: Resolve | None = None,
    ) -> None:
        self._limits = limits or ProxyLimits()
        self._allowed, self._resolve = AllowedHosts(hosts), resolve
        self._visits = Visits(record, self._limits.record_bytes)
        self._thread: LoopThread | None = None
        self.socket = socket
        """Where it listens."""
        self.doors = {port: socket.with_name(f"{port}.sock") for port in self._allowed.local_ports}
        """For each port of localhost that is named, a socket beside it whose bytes lead straight there.

        Programs ask no proxy for what is on localhost, so that a container needs these to have the port on its own.
        """

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """Which hosts were asked for so far and how often, those refused most often first; 1000 are told apart."""
        return self._visits.contacts

    def __enter__(self) -> ForwardProxy:
        # Imported here, so that whoever only names the class loads no event loop.
        from pytest_mlebench.attempts.forward_proxy import dialing
        from pytest_mlebench.attempts.forward_proxy.connections import Connections
        from pytest_mlebench.attempts.forward_proxy.loop_thread import LoopThread

        dialer = dialing.Dialer(resolve=self._resolve or dialing.resolve, seconds=self._limits.connect_seconds)
        connections = Connections(self._allowed, dialer, self._visits, self._limits)
        listeners: dict[int | None, sockets.socket] = {}
        try:
            for port, path in self._sockets().items():
                listeners[port] = bind(path)
        except OSError as error:
            self._abandon(listeners)
            raise HarnessError(f"the forward proxy cannot listen on {path}: {error.strerror or error}") from error
        try:
            self._thread = LoopThread(listeners, connections, limit=self._limits.head_bytes)
        except (OSError, RuntimeError) as error:
            self._abandon(listeners)
            raise HarnessError(f"the forward proxy cannot start: {error}") from error
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop listening and drop all connections at once; closing again does nothing."""
        if self._thread is not None:
            self._thread.close()
            self._thread = None
            for path in self._sockets().values():
                path.unlink(missing_ok=True)

    def _sockets(self) -> dict[int | None, Path]:
        return dict([(None, self.socket), *self.doors.items()])

    def _abandon(self, listeners: dict[int | None, sockets.socket]) -> None:
        for port, listener in listeners.items():
            listener.close()
            self._sockets()[port].unlink(missing_ok=True)
