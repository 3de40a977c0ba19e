"""Temporary folders of a run: each names its owner, so that those of killed runs can be told and removed."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from pytest_mlebench.sandboxes import leavings, owner

__all__ = ["make", "sweep"]

_PREFIX = "mlebench-"
_OWNER = ".mlebench-owner"


def make() -> Path:
    """A new empty folder but for a hidden file that names this process; raises OSError as the system does.

    Its path is short, for a Unix socket's path holds about 100 characters.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
    (folder / _OWNER).write_text(owner.here(), encoding="utf-8")
    return folder


def sweep() -> list[str]:
    """Remove the folders of the user's processes that are gone; their names."""
    removed = []
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError, UnicodeDecodeError):
            ours = folder.lstat().st_uid == os.getuid() and not folder.is_symlink()
            if ours and owner.is_gone((folder / _OWNER).read_text(encoding="utf-8")):
                leavings.remove(folder)
                removed.append(folder.name)
    return removed
