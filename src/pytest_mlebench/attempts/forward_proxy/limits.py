"""What one agent may use of a forward proxy."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ProxyLimits"]


@dataclass(frozen=True, kw_only=True)
class ProxyLimits:
    """Bounds; times in seconds."""

    connections: int = 256
    """At a time; what comes beyond is answered 503."""
    head_bytes: int = 16 * 1024
    """Of a request."""
    head_seconds: float = 30.0
    """Until a request has come, and then until TLS has begun."""
    connect_seconds: float = 30.0
    """Until the host has been reached, its name resolved included."""
    idle_seconds: float = 3600.0
    """Without a byte in either direction; models may think long."""
    record_bytes: int = 10_000_000
    """Of the file of visits."""
