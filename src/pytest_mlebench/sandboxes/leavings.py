"""The folders an agent worked in, made the caller's again so that they can be read and removed."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path

__all__ = ["give", "reclaim", "remove"]


def give(folders: Iterable[Path], uid: int, gid: int) -> None:
    """Make the folders themselves the property of `uid` and `gid`; needs root. Raises OSError as the system does."""
    for folder in folders:
        os.chown(folder, uid, gid)


def reclaim(folders: Iterable[Path]) -> None:
    """Hand everything below `folders` to the calling user, and let that user read and remove it.

    Follows no link. Nothing may be running in the folders any more. What cannot be changed is left as it is.
    """
    # A list, not recursion: an agent may leave a tree as deep as it likes.
    todo = list(folders)
    while todo:
        path = todo.pop()
        _reclaim_one(path)
        # Top-down, so that a folder is opened up before it is entered.
        with contextlib.suppress(OSError):  # deeper than a path can name, it stays as it is
            if stat.S_ISDIR(path.lstat().st_mode):
                todo.extend(Path(entry.path) for entry in os.scandir(path))


def remove(folder: Path) -> None:
    """Remove the folder and all below it, however deep; what cannot be removed is left."""
    # Python's own removal recurses, and names no path longer than the system's limit.
    rm = shutil.which("rm") or shutil.which("rm", path=os.defpath)
    if rm is not None:
        # In a session of its own, where another Ctrl-C does not reach it.
        subprocess.run([rm, "-rf", "--", str(folder)], stderr=subprocess.DEVNULL, check=False, start_new_session=True)


def _reclaim_one(path: Path) -> None:
    with contextlib.suppress(OSError):
        found = path.lstat()
        uid, gid = os.getuid(), os.getgid()
        if uid == 0 and (found.st_uid, found.st_gid) != (uid, gid):
            os.chown(path, uid, gid, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            return
        # Nothing that an agent left keeps its set-id bits: it now belongs to someone else.
        mode = stat.S_IMODE(found.st_mode) & ~(stat.S_ISUID | stat.S_ISGID)
        mode |= stat.S_IRWXU if stat.S_ISDIR(found.st_mode) else stat.S_IRUSR | stat.S_IWUSR
        if mode != stat.S_IMODE(found.st_mode):
            path.chmod(mode)
