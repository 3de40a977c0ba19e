"""What an attempt has of its machine for itself: GPUs, processors, memory, lent among all runs of all users.

A lease lives with its process: one that is killed has given back what it held, and its place in the line, by dying.
"""

from __future__ import annotations

import datetime
import os
import pwd
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pytest_mlebench.attempts.granting import Holding, Request, grants
from pytest_mlebench.attempts.lease_book import Book, Entry, Note, default_folder
from pytest_mlebench.quantities import format_size

__all__ = ["Lease", "Request", "acquire"]

# One that waits but does not look any more, such as a suspended pytest, is overtaken.
_STALLED_SECONDS = 60.0
_LONGEST_PAUSE_SECONDS = 10.0


@dataclass(eq=False)
class Lease:
    """What was granted, until `release`; a context manager that releases."""

    gpus: tuple[str, ...] = ()
    """Ids of its GPUs, or of the one that it shares."""
    cpus: float = 0
    """0 where it shares what there is; likewise memory."""
    memory: int = 0
    """Bytes."""
    waited: float = 0.0
    """Seconds, by a clock that nobody sets."""
    _entry: Entry | None = field(default=None, repr=False)

    def release(self) -> None:
        """Give it back; again does nothing. Never waits, never fails."""
        if self._entry is not None:
            self._entry.close()

    def __enter__(self) -> Lease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()


def acquire(
    request: Request,
    *,
    folder: Path | None = None,
    waiting: Callable[[str], None] | None = None,
    poll: float = 0.5,
    who: str = "",
) -> Lease:
    """Wait until what is asked for is free, and hold it.

    First come, first served: who cannot have it yet keeps what is free of it from those behind. `folder` is where all
    meet (default: `default_folder`). `waiting` is called once if it has to wait, with a line for a person. The next in
    line looks every `poll` seconds, those behind less often, and all of them more often at first. `who` says for
    people what it is for, such as the attempt and its run.

    Raises HarnessError where the folder cannot be used. An interrupted wait leaves nothing behind.
    """
    if request.needs_nothing:
        return Lease()
    turn = _Turn(Book(folder or default_folder()), request, who, waiting)
    started = time.monotonic()
    try:
        while (holding := turn.look()) is None:
            waited = time.monotonic() - started
            time.sleep(max(0.01, min(waited / 10, poll * min(turn.place, 10), _LONGEST_PAUSE_SECONDS)))
        assert turn.entry is not None
        return Lease(holding.gpus, holding.cpus, holding.memory, time.monotonic() - started, turn.entry)
    except BaseException:
        turn.leave()
        raise


class _Turn:
    """One that waits for its turn."""

    def __init__(self, book: Book, request: Request, who: str, waiting: Callable[[str], None] | None) -> None:
        self._book = book
        self._waiting = waiting
        self._own = Note(ticket=0, request=request, who=who, pid=os.getpid(), user=_user(), since=_now())
        self._beats: dict[str, tuple[tuple[int, int], float]] = {}
        self.entry: Entry | None = None
        self.place = 1
        """Among those that wait, from 1."""

    def look(self) -> Holding | None:
        """What it holds from now on; None while it has to wait."""
        try:
            with self._book.opened(self._say) as book:
                notes = book.notes()
                if self.entry is None or self.entry.name not in notes:  # the first look, or somebody removed the file
                    self.leave()
                    if not self._own.ticket:
                        self._own = replace(self._own, ticket=1 + max((n.ticket for n in notes.values()), default=0))
                    self.entry = book.take()
                    self.entry.write(self._own)
                else:
                    self.entry.beat()
                others = {name: note for name, note in notes.items() if name != self.entry.name}
                holders = [note for note in others.values() if note.holding is not None]
                before = self._before(others)
                self.place = 1 + len(before)
                line = [*(note.request for note in before), self._own.request]
                holding = grants((note.holding for note in holders if note.holding), line)[-1]
                if holding is not None:
                    self._own = replace(self._own, holding=holding)
                    self.entry.write(self._own)
                    return holding
        except OSError as error:
            raise self._book.unusable(error) from error
        self._say(_in_words(self._own.request, holders, before))
        return None

    def leave(self) -> None:
        """Give up the place, or what was granted."""
        if self.entry is not None:
            self.entry.close()

    def _before(self, others: dict[str, Note]) -> list[Note]:
        """Those that came before, in order. Only they matter: none is delayed by one behind it."""
        assert self.entry is not None
        own = (self._own.ticket, self.entry.name)
        found = [
            (note.ticket, name, note)
            for name, note in others.items()
            if note.holding is None and (note.ticket, name) < own and not self._stalled(name, note)
        ]
        return [note for *_, note in sorted(found, key=lambda each: each[:2])]

    def _stalled(self, name: str, note: Note) -> bool:
        """Whether it has not looked for long; its beat is compared with what it was, never with a clock."""
        beat, seen = self._beats.get(name, (None, 0.0))
        now = time.monotonic()
        if beat != (note.ticket, note.beat):
            self._beats[name] = (note.ticket, note.beat), now
            return False
        return now - seen > _STALLED_SECONDS

    def _say(self, line: str) -> None:
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting(line)


def _in_words(request: Request, holders: Iterable[Note], before: Sequence[Note]) -> str:
    """``waiting for 2 of the GPUs 0, 1, held by toy-0 of run-7 (pid 812, ann); 3 wait before it``."""
    needs = []
    if request.gpus:
        needs.append(_gpus_in_words(request))
    if request.cpus:
        needs.append(f"{request.cpus:g} CPUs")
    if request.memory:
        needs.append(f"{format_size(request.memory)} of memory")
    names = [_name(note) for note in holders if _concerns(note, request)]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    held = f", held by {', '.join(names[:3])}{more}" if names else ""
    line = f"; {len(before)} wait{'s' if len(before) == 1 else ''} before it" if before else ""
    return f"waiting for {' and '.join(needs)}{held}{line}"


def _gpus_in_words(request: Request) -> str:
    many = len(request.pool) > 1
    name = f"{'the GPUs' if many else 'GPU'} {', '.join(request.pool)}"
    return f"{request.gpus:g} of {name}" if many or request.gpus < 1 else name


def _concerns(note: Note, request: Request) -> bool:
    held = note.holding or Holding()
    common = request.gpus and set(held.gpus) & set(request.pool)
    return bool(common or (held.cpus and request.cpus) or (held.memory and request.memory))


def _name(note: Note) -> str:
    process = f"pid {note.pid}, {note.user}"
    return f"{note.who} ({process})" if note.who else f"a process ({process})"


def _user() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # containers run as users that nobody has named
        return str(os.geteuid())


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
