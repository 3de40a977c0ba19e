"""The record of which hosts an agent asked for: counts by host, and a line of JSON for each connection."""

from __future__ import annotations

import datetime
import json
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from pytest_mlebench.attempts.record import Contact
from pytest_mlebench.controls import spell_controls

__all__ = ["Visit", "Visits"]

_LONGEST_HOST = 100
_LONGEST_REASON = 300
_MOST_HOSTS = 1000
_OTHERS = "(other hosts)"


@dataclass
class Visit:
    """One connection of the agent, from its beginning to its end."""

    host: str = ""
    """As it was asked for, in its normal spelling; "" where nothing was."""
    port: int | None = None
    allowed: bool = False
    reason: str = ""
    """Why it was refused or came to nothing; "" for a connection that ended by itself."""
    bytes_up: int = 0
    """What was passed on from the agent; `bytes_down` to it."""
    bytes_down: int = 0
    at: str = field(default_factory=lambda: datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds"))
    began: float = field(default_factory=time.monotonic)


class Visits:
    """Counts of all visits, in bounded memory, and their lines in the file `record`, in bounded size.

    Safe to read from other threads. The file is made with its first line; one that cannot be written is gone without,
    for the agent's connection is none the worse for it.
    """

    def __init__(self, record: Path | None, max_bytes: int) -> None:
        self._record, self._left = record, max_bytes
        self._counts: dict[str, tuple[int, int]] = {}
        self._lock = threading.Lock()

    @property
    def contacts(self) -> tuple[Contact, ...]:
        """The hosts with how often each was allowed and refused, those refused most often first.

        At most 1000 hosts, each of at most 100 printable characters, are told apart.
        """
        with self._lock:
            counts = dict(self._counts)
        ordered = sorted(counts, key=lambda host: (-counts[host][1], -counts[host][0], host))
        return tuple(Contact(host=host, allowed=counts[host][0], refused=counts[host][1]) for host in ordered)

    def decide(self, visit: Visit, *, allowed: bool, reason: str = "", host_says: str = "") -> None:
        """Count `visit` as allowed or as refused for that reason; `host_says` is put after its host's name."""
        visit.allowed, visit.reason = allowed, reason
        name = visit.host if visit.port is None else f"{visit.host}:{visit.port}"
        host = _shown(f"{name} {host_says}" if host_says else name, _LONGEST_HOST)
        with self._lock:
            if host not in self._counts and len(self._counts) >= _MOST_HOSTS:
                host = _OTHERS
            yes, no = self._counts.get(host, (0, 0))
            self._counts[host] = (yes + allowed, no + (not allowed))

    def end(self, visit: Visit) -> None:
        """Write the line of a visit that has ended."""
        line = {
            "time": visit.at,
            "host": _shown(visit.host, _LONGEST_HOST),
            "port": visit.port,
            "allowed": visit.allowed,
            "reason": _shown(visit.reason, _LONGEST_REASON),
            "bytes_up": visit.bytes_up,
            "bytes_down": visit.bytes_down,
            "seconds": round(time.monotonic() - visit.began, 3),
        }
        self._write(json.dumps(line) + "\n")

    def _write(self, line: str) -> None:
        if self._record is None or self._left <= 0:
            return
        self._left -= len(line)
        if self._left <= 0:
            line = json.dumps({"truncated": True}) + "\n"
        try:
            with self._record.open("a", encoding="ascii") as file:
                file.write(line)
        except OSError:
            pass  # a full disk ends attempts elsewhere, with words


def _shown(text: str, longest: int) -> str:
    return spell_controls(text[:longest])[:longest]
