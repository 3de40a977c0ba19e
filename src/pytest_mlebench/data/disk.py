"""Disks that are full, read-only or too small: found before where that can be, and said in one line."""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.quantities import format_size

__all__ = ["disk_error", "free_space", "reporting_disk_errors", "require_space"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ELSEWHERE = "or put the data elsewhere with MLEBENCH_CACHE_DIR"


def free_space(folder: Path) -> int:
    """Bytes that this user can still write where `folder` is or would be; raises OSError as the file system does."""
    there = folder.absolute()
    while not there.exists() and there != there.parent:
        there = there.parent
    return shutil.disk_usage(there).free


def require_space(folder: Path, needed: int, purpose: str) -> None:
    """Raise HarnessError unless `needed` bytes are free where `folder` is; `purpose` begins the message."""
    free = free_space(folder)
    if free < needed:
        raise HarnessError(
            f"{purpose} needs {format_size(needed)} in {folder}, where {format_size(free)} are free: "
            f"make room for {format_size(needed - free)} more, {_ELSEWHERE}"
        )


def disk_error(error: OSError, doing: str, folder: Path) -> HarnessError:
    """The line for an operating system's error that ended `doing` in `folder`."""
    if error.errno in _FULL:
        try:
            left = f", {format_size(free_space(folder))} left"
        except OSError:
            left = ""
        reason = f"the disk is full there{left} ({error.strerror}): make room and run it again, {_ELSEWHERE}"
    elif error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        reason = f"{error.strerror}{f' ({error.filename})' if error.filename else ''}: mend that, {_ELSEWHERE}"
    else:
        reason = " ".join(str(error).split())
    return HarnessError(f"{doing} in {folder} failed: {reason}")


@contextlib.contextmanager
def reporting_disk_errors(doing: str, folder: Path) -> Iterator[None]:
    """Turn an OSError, also one that is the cause of a HarnessError, into the line that `disk_error` gives."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, doing, folder) from error
    except HarnessError as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno in (*_FULL, errno.EROFS):
            raise disk_error(cause, doing, folder) from error
        raise
