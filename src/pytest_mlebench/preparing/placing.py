"""Putting files into the prepared folders without copying their bytes, where the disk allows."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterable
from pathlib import Path

from pytest_mlebench.errors import HarnessError

__all__ = ["inside", "link", "link_each"]

# ioctl of linux/fs.h that shares the blocks of one file with another (btrfs, xfs).
_FICLONE = 0x40049409


def link(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`: a hard link, else blocks shared on write, else a copy.

    A symbolic link is followed first. Raises FileExistsError where `target` exists, and OSError as the disk does.
    """
    if source.is_symlink():
        source = source.resolve(strict=True)
    try:
        target.hardlink_to(source)
    except FileExistsError:
        raise
    except OSError:
        # Another file system, none that has links, or a file that is not ours to link.
        with source.open("rb") as original, target.open("xb") as copy:
            try:
                fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
            except OSError:
                shutil.copyfileobj(original, copy, 1024**2)


def link_each(names: Iterable[str], source: Path, target: Path) -> None:
    """`link` each of the files `names` in the folder `source` to the same name in the folder `target`, made if needed.

    Raises HarnessError where a name leads out of the folders, and OSError as `link`.
    """
    target.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = inside(target, name)
        if "/" in name:
            path.parent.mkdir(parents=True, exist_ok=True)
        link(source / name, path)


def inside(folder: Path, name: str) -> Path:
    """``folder / name``; raises HarnessError where that is not below `folder`."""
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or "\0" in name or all(part in ("", ".") for part in parts):
        raise HarnessError(f"a file named {name!r} cannot be put into {folder}: it would leave the folder")
    return folder / name
