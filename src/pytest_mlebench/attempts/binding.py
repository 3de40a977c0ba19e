"""Sockets that the servers of an attempt listen on: where its agent, which may be another user, can reach them."""

from __future__ import annotations

import os
import socket
import stat
import sys
from pathlib import Path

__all__ = ["bind"]


def bind(path: Path | None) -> socket.socket:
    """A socket bound to a Unix socket at `path`, open to every user who can reach it, or to a free port of 127.0.0.1.

    What a killed run left at `path` is replaced. Raises OSError as the system does.
    """
    if path is None:
        return _bound(socket.AF_INET, ("127.0.0.1", 0))
    if path.exists() and stat.S_ISSOCK(path.lstat().st_mode):
        path.unlink()
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        # A socket's path holds some 100 bytes only; this one, of Linux, is short wherever the folder is.
        short = f"/proc/self/fd/{folder}/{path.name}" if sys.platform == "linux" else str(path)
        bound = _bound(socket.AF_UNIX, short)
    finally:
        os.close(folder)
    try:
        path.chmod(0o666)
    except BaseException:
        bound.close()
        raise
    return bound


def _bound(family: socket.AddressFamily, address: str | tuple[str, int]) -> socket.socket:
    bound = socket.socket(family, socket.SOCK_STREAM)
    try:
        bound.bind(address)
    except BaseException:
        bound.close()
        raise
    return bound
