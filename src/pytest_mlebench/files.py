"""Writing files so that they are there whole or not at all, and opening those that an agent left."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import tempfile
from pathlib import Path
from typing import Any

__all__ = ["IrregularFileError", "open_untrusted", "write_json", "write_text"]


class IrregularFileError(OSError):
    """What stands at a path is no regular file; `kind` says what it is: ``a FIFO``."""

    def __init__(self, mode: int) -> None:
        self.kind = _KINDS.get(stat.S_IFMT(mode), "not a file")
        super().__init__(f"is {self.kind}")


_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def open_untrusted(path: Path) -> int:
    """A descriptor, for reading, of the regular file at `path` in a folder that somebody else could write to.

    Never blocks, and follows no link in the last two components. Raises IrregularFileError for anything but a regular
    file, and OSError as the system does.
    """
    flags = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
    folder = os.open(path.parent, flags | os.O_DIRECTORY)
    try:
        # The kind is looked at before opening too, because opening a device can have effects of its own.
        _refuse_other_kinds(os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode)
        descriptor = os.open(path.name, flags | os.O_NONBLOCK, dir_fd=folder)
        try:
            _refuse_other_kinds(os.fstat(descriptor).st_mode)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor
    finally:
        os.close(folder)


def _refuse_other_kinds(mode: int) -> None:
    if not stat.S_ISREG(mode):
        raise IrregularFileError(mode)


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path` by way of a synced temporary file beside it.

    Raises OSError as the file system does; `path` then holds what it held before.
    """
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(temporary).unlink()
        raise


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON to `path`, whole or not at all.

    Not-a-number and infinite floats are refused with ValueError: JSON has no form for them.
    """
    write_text(path, json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
