"""Putting files into the prepared folders without copying their bytes, where the disk allows."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.counting import counted, note

__all__ = ["inside", "link", "link_as", "link_each", "link_tree"]

# ioctl of linux/fs.h that shares the blocks of one file with another (btrfs, xfs).
_FICLONE = 0x40049409


def link(source: Path, target: Path) -> None:
    """Make `target` the same file as `source`: a hard link, else blocks shared on write, else a copy.

    A symbolic link is followed first. Raises FileExistsError where `target` exists, and OSError as the disk does.
    """
    _link(source, target)


def link_each(names: Iterable[str], source: Path, target: Path) -> None:
    """`link` each of the files `names` in the folder `source` to the same name in the folder `target`, made if needed.

    Raises HarnessError where a name leads out of the folders or there is no such file, and OSError as `link`.
    """
    link_as(((name, name) for name in names), source, target)


def link_as(names: Iterable[tuple[str, str]], source: Path, target: Path) -> None:
    """`link` files of the folder `source` into the folder `target`, made if needed, under other names.

    `names` holds pairs: the name below `source`, the name below `target`. Raises as `link_each`.
    """
    target.mkdir(parents=True, exist_ok=True)
    made = {""}
    for old, new in counted(list(names), f"placing files in {target.name}/"):
        path, origin = inside(target, new), inside(source, old)
        folder = new.rpartition("/")[0]
        if folder not in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            made.add(folder)
        try:
            copied = _link(origin, path)
        except FileNotFoundError as error:
            raise HarnessError(f"there is no file {origin}: are the raw data complete?") from error
        if copied:
            note("note: the disk cannot link these files, so they are copied; that takes time and room")


def link_tree(source: Path, target: Path, skip: Iterable[str] = ()) -> None:
    """`link` every file below the folder `source` to the same place below `target`, except files named as in `skip`.

    Raises HarnessError where `source` is no folder, and OSError as `link`.
    """
    if not source.is_dir():
        raise HarnessError(f"there is no folder {source}: are the raw data complete?")
    skipped = frozenset(skip)
    names = []
    for folder, folders, files in os.walk(source):
        folders.sort()
        below = os.path.relpath(folder, source)
        names += [name if below == "." else f"{below}/{name}" for name in sorted(files) if name not in skipped]
    link_each(names, source, target)


def inside(folder: Path, name: str) -> Path:
    """``folder / name``; raises HarnessError where that is not below `folder`."""
    parts = name.replace("\\", "/").split("/")
    if not parts[0] or ".." in parts or "\0" in name or all(part in ("", ".") for part in parts):
        raise HarnessError(f"a file named {name!r} cannot be put into {folder}: it would leave the folder")
    return folder / name


def _link(source: Path, target: Path) -> bool:
    """`link`; whether the bytes had to be copied."""
    if source.is_symlink():
        source = source.resolve(strict=True)
    try:
        target.hardlink_to(source)
    except (FileExistsError, FileNotFoundError):
        raise
    except OSError:
        # Another file system, none that has links, or a file that is not ours to link.
        with source.open("rb") as original, target.open("xb") as copy:
            try:
                fcntl.ioctl(copy.fileno(), _FICLONE, original.fileno())
            except OSError:
                shutil.copyfileobj(original, copy, 1024**2)
                return True
    return False
