"""The folder where the processes of a machine say what they hold and what they wait for, under locks of the kernel.

Each has a file of its own there, which it locks as long as it lives: a file that can be locked is nobody's, whatever it
says, and the next may have it. So nothing is cleaned up, and users need not be allowed to remove each other's files.
The folder itself is locked while the book is read and changed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import shutil
import stat
import tempfile
import time
import weakref
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.granting import Holding, Request
from pytest_mlebench.errors import HarnessError

__all__ = ["Book", "Entry", "Note", "default_folder"]

_VARIABLE = "MLEBENCH_LEASES_DIR"
_NAME = re.compile(r"lease-[1-9]\d{0,5}\.json")
_LARGEST = 1 << 16
_MOST = 10_000
_PATIENCE_SECONDS = 10.0
_README = """Processes of pytest-mlebench share the GPUs, processors and memory of this machine through these files.
Each locks a file of its own as long as it lives; a file that nobody locks counts for nothing, whatever it says.
The folder may be removed while no attempts run.
"""
_NOT_OURS = (errno.EACCES, errno.EPERM, errno.ELOOP, errno.EISDIR, errno.ENXIO, errno.ENODEV, errno.EMLINK)
# Nothing blocks, no link is followed, and no agent or container inherits it.
_SAFELY = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def default_folder() -> Path:
    """Where all users of this machine meet: what MLEBENCH_LEASES_DIR names, else a folder below /tmp.

    /tmp and not $TMPDIR, which one user may set and another not; where there is no such /tmp, the temporary folder.
    """
    if named := os.environ.get(_VARIABLE):
        return Path(named).resolve()
    common = Path("/tmp")
    everybodys = common.is_dir() and common.stat().st_mode & 0o1777 == 0o1777
    return (common if everybodys else Path(tempfile.gettempdir())) / "mlebench-leases"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What one process says: what it waits for, and what it holds once it has got it."""

    who: str = ""
    """What for; like the next three for a person."""
    pid: int = 0
    user: str = ""
    since: str = ""
    """When it came, UTC, ISO 8601."""
    ticket: int
    """Its place in the line; never a time, for clocks are set back."""
    holding: Holding | None = None
    request: Request
    beat: int = 0
    """Changes whenever the process looks at the book."""

    def to_json(self) -> str:
        """For the file, and for whoever looks at it."""
        facts = asdict(self)
        del facts["beat"]
        return json.dumps({"state": "waiting" if self.holding is None else "holding", **facts}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: bytes, beat: int) -> Note | None:
        """None for what is no note: nothing that stands in a file may break the reader."""
        try:
            facts = json.loads(text)
            holding = facts["holding"]
            return cls(
                who=_printable(facts.get("who")),
                pid=int(facts.get("pid") or 0),
                user=_printable(facts.get("user")),
                since=_printable(facts.get("since")),
                ticket=int(facts["ticket"]),
                holding=None if holding is None else _checked(Holding(**_known(Holding, holding))),
                request=Request(**_known(Request, facts["request"])),
                beat=beat,
            )
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError, HarnessError):
            return None


def _known(kind: type[Holding | Request], facts: dict[str, Any]) -> dict[str, Any]:
    """The fields of `kind`; a later version may write more."""
    values = {each.name: facts[each.name] for each in fields(kind) if each.name in facts}
    return {name: tuple(map(str, value)) if isinstance(value, list) else float(value) for name, value in values.items()}


def _checked(holding: Holding) -> Holding:
    if not 0 <= holding.share <= 1:
        raise ValueError(holding.share)
    # The other amounts have the limits that they have in a request.
    Request(pool=holding.gpus, cpus=holding.cpus, total_cpus=holding.total_cpus)
    Request(memory=holding.memory, total_memory=holding.total_memory)
    return holding


def _printable(value: Any) -> str:
    return "".join(c for c in str(value or "") if c.isprintable())[:200]


class Book:
    """The notes of all that live."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @contextlib.contextmanager
    def opened(self, blocked: Callable[[str], None]) -> Iterator[OpenBook]:
        """The book, for this one alone; `blocked` hears, again and again, of an opening that takes suspiciously long.

        Raises HarnessError where the folder cannot be made or locked.
        """
        patience = time.monotonic() + _PATIENCE_SECONDS
        while True:
            with self._open() as folder:
                if self._is_mine(folder):
                    yield OpenBook(folder)
                    return
            if time.monotonic() > patience:
                blocked(f"waiting for {self.folder}, which a process keeps locked: `fuser -v {self.folder}` names it")
            time.sleep(0.005)

    def _open(self) -> _Descriptor:
        try:
            try:
                return _Descriptor(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            except FileNotFoundError:
                self._make()
                return _Descriptor(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            raise self.unusable(error) from error

    def _is_mine(self, folder: _Descriptor) -> bool:
        """Whether it is locked now, and was not removed or replaced before it was."""
        try:
            return folder.lock() and os.path.samestat(folder.status(), self.folder.lstat())
        except FileNotFoundError:
            return False
        except OSError as error:
            raise self.unusable(error) from error

    def _make(self) -> None:
        """Make the folder; it appears with its permissions whatever the umask, and never in place of another's."""
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=self.folder.parent, prefix=f".{self.folder.name}-"))
        try:
            (temporary / "README").write_text(_README, encoding="utf-8")  # an empty folder would be replaced
            (temporary / "README").chmod(0o644)
            temporary.chmod(0o1777)
            temporary.rename(self.folder)
        except OSError:
            shutil.rmtree(temporary, ignore_errors=True)
            if not self.folder.is_dir():  # else another process was faster
                raise

    def unusable(self, error: OSError) -> HarnessError:
        """The error, for a person."""
        return HarnessError(
            f"cannot keep the leases of GPUs, processors and memory in {self.folder}: {error.strerror or error}; "
            f"name a folder on a local disk, which all users of this machine can write to, with {_VARIABLE}"
        )


class OpenBook:
    """The book while nobody else changes it; only a holder may give back meanwhile."""

    def __init__(self, folder: _Descriptor) -> None:
        self._folder = folder.number

    def notes(self) -> dict[str, Note]:
        """What those that live say, by the names of their files. Files of the dead and of others are passed over."""
        found = {}
        for name in filter(_NAME.fullmatch, os.listdir(self._folder)):  # noqa: PTH208 (the folder has no path here)
            with contextlib.suppress(FileNotFoundError), self._opened(name) or contextlib.nullcontext() as file:
                if file is None:
                    continue
                # Who damages the file of a living process hides it, for waiting for that could last for ever.
                if file.is_plain() and not file.lock():
                    text = os.pread(file.number, _LARGEST, 0)
                    if note := Note.from_json(text, file.status().st_mtime_ns):
                        found[name] = note
        return found

    def take(self) -> Entry:
        """A file of one's own: one that nobody has any more, or a new one. Raises OSError as the system does."""
        for number in range(1, _MOST + 1):
            name = f"lease-{number}.json"
            try:
                file = self._opened(name)
            except FileNotFoundError:
                file = _Descriptor(name, os.O_RDWR | os.O_CREAT | os.O_EXCL, self._folder)
            if file is None:
                continue
            if file.is_plain() and file.lock():
                if file.status().st_uid == os.geteuid():
                    os.fchmod(file.number, 0o666)
                return Entry(name, file)
            file.close()
        raise OSError(errno.ENOSPC, f"there are {_MOST} files")

    def _opened(self, name: str) -> _Descriptor | None:
        """The file, or None for a link, a device, or what somebody shares with nobody."""
        try:
            # Without O_CREAT: with it Linux refuses others' files in such a folder.
            return _Descriptor(name, os.O_RDWR, self._folder)
        except OSError as error:
            if error.errno in _NOT_OURS:
                return None
            raise


class Entry:
    """The file of a process that holds or waits; the lock on it ends with the process, or with `close`."""

    def __init__(self, name: str, file: _Descriptor) -> None:
        self.name = name
        self._file = file

    def write(self, note: Note) -> None:
        """Say this from now on. Raises OSError as the system does."""
        text = note.to_json().encode()
        if os.pwrite(self._file.number, text, 0) != len(text):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.ftruncate(self._file.number, len(text))

    def beat(self) -> None:
        """Show that the process looks at the book."""
        os.utime(self._file.number)

    def close(self) -> None:
        """Hold and wait for nothing any more; again does nothing."""
        if not self._file.closed:
            with contextlib.suppress(OSError):
                os.ftruncate(self._file.number, 0)
            self._file.close()


class _Descriptor:
    """A file or folder that is open until `close`, or until nobody knows it any more; a fork does not inherit it."""

    def __init__(self, path: str | Path, flags: int, folder: int | None = None) -> None:
        self.number = -1
        self.number = os.open(path, flags | _SAFELY, 0o600, dir_fd=folder)
        _DESCRIPTORS.add(self)

    @property
    def closed(self) -> bool:
        return self.number < 0

    def status(self) -> os.stat_result:
        return os.fstat(self.number)

    def is_plain(self) -> bool:
        """Whether it is a file with this one name: another name could be that of somebody's treasured file."""
        status = self.status()
        return stat.S_ISREG(status.st_mode) and status.st_nlink == 1

    def lock(self) -> bool:
        """Lock it unless another has; whether that succeeded. Raises OSError where the file system has no locks."""
        try:
            fcntl.flock(self.number, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self) -> None:
        if self.closed:
            return
        # Unlocked by name, for a process that is being forked at this moment has the descriptor too; and first, for
        # Ctrl-C may come between any two of these.
        with contextlib.suppress(OSError):
            fcntl.flock(self.number, fcntl.LOCK_UN)
        self.forget()

    def forget(self) -> None:
        """Close it and leave the lock to the process that this one was forked from, if it was."""
        number, self.number = self.number, -1
        if number >= 0:
            os.close(number)

    def __enter__(self) -> _Descriptor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()


_DESCRIPTORS: weakref.WeakSet[_Descriptor] = weakref.WeakSet()


def _forget_all() -> None:
    for descriptor in list(_DESCRIPTORS):
        descriptor.forget()


# Else a child could hold its parent's lease after the parent's death.
os.register_at_fork(after_in_child=_forget_all)
