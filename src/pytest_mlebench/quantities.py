"""Durations and sizes as people type and read them: 24h, 90m, 30s; 440g, 512m."""

from __future__ import annotations

import re

__all__ = ["format_duration", "format_size", "parse_duration", "parse_size"]

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_BYTES = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3, "t": 1024**4}


def parse_duration(text: str) -> float:
    """Seconds in a duration such as ``24h``, ``90m``, ``30s``, ``1h30m`` or ``2d`` (a bare number means seconds).

    Raises ValueError for anything else, and for durations that are not positive.
    """
    parts = re.findall(r"(\d+(?:\.\d+)?)([smhd]?)", text.strip().lower())
    if not parts or "".join(n + u for n, u in parts) != text.strip().lower() or any(not u for _, u in parts[:-1]):
        raise ValueError(f"not a duration: {text!r} (write it like 24h, 90m, 30s or 1h30m)")
    seconds = sum(float(number) * _SECONDS[unit or "s"] for number, unit in parts)
    if seconds <= 0:
        raise ValueError(f"a duration must be positive: {text!r}")
    return seconds


def parse_size(text: str) -> int:
    """Bytes in a size such as ``440g``, ``512m`` or ``1.5t`` (powers of 1024; a bare number means bytes).

    Raises ValueError for anything else, and for sizes that are not positive.
    """
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([bkmgt]?)(?:i?b)?", text.strip().lower())
    if match is None or float(match[1]) <= 0:
        raise ValueError(f"not a size: {text!r} (write it like 440g or 512m)")
    return int(float(match[1]) * _BYTES[match[2]])


def format_duration(seconds: float) -> str:
    """A duration for a person: ``0.8s``, ``42s``, ``3m 20s``, ``23h 59m``."""
    if seconds < 10:
        return f"{seconds:.1f}s"
    total = round(seconds)
    if total < 60:
        return f"{total}s"
    minutes, rest = divmod(total, 60)
    if minutes < 60:
        return f"{minutes}m {rest:02d}s"
    return f"{minutes // 60}h {minutes % 60:02d}m"


def format_size(size: float) -> str:
    """A size for a person, in powers of 1024: ``512 B``, ``1.4 GB``."""
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 100 else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TB"
