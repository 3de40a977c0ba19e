"""``mlebench logs``: what the agent of an attempt printed, also while it works."""

from __future__ import annotations

import contextlib
import difflib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlebench.attempts.folders import AttemptFolder, RunFolder
from pytest_mlebench.cli.errors import NEGATIVE, complain
from pytest_mlebench.cli.safe_text import SafeText
from pytest_mlebench.cli.watching import RunsDir, complete_run
from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.reporting.runs import attempt_names, find_run
from pytest_mlebench.reporting.watching.log_following import GrowingLog
from pytest_mlebench.reporting.watching.watch import Watch

__all__ = ["logs"]

_POLL = 0.2
"""Seconds between two looks at the log."""
_ALIVE = 2.0
"""Seconds between two looks at whether anybody works on the run."""
_NAMED = 10
"""Attempts that an error may name."""


def _complete_attempt(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    try:
        run = find_run(Path(ctx.params.get("runs_dir") or "runs"), ctx.params.get("run") or "last")
        return (name for name in attempt_names(run) if name.startswith(incomplete))
    except MlebenchError:
        return iter(())


def logs(
    run: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help="Name of a run, its beginning, a path, or last.", autocompletion=complete_run
        ),
    ],
    attempt: Annotated[
        str,
        typer.Argument(
            metavar="ATTEMPT",
            help="Such as spaceship-titanic-0: competition and seed.",
            autocompletion=_complete_attempt,
        ),
    ],
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Go on until the attempt has ended.")] = False,
    lines: Annotated[
        int | None,
        typer.Option("-n", "--lines", metavar="N", help="Begin with the last N lines.", min=0, show_default=False),
    ] = None,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Show the log of an attempt.

    On a terminal colours are kept and other control characters spelled; elsewhere the log is written as it is.

    Example: mlebench logs last spaceship-titanic-0 -f
    """
    folder = find_run(runs_dir.expanduser(), run)
    names = attempt_names(folder)
    if attempt not in names:
        near = difflib.get_close_matches(attempt, names, n=_NAMED, cutoff=0.3) or names[:_NAMED]
        raise UnknownNameError("attempt", attempt, near, f"(in {folder.name})")
    competition, _, seed = attempt.rpartition("-")
    log = _Log(folder, RunFolder(folder).attempt(competition, int(seed)), attempt)
    with contextlib.suppress(KeyboardInterrupt), contextlib.closing(log):
        log.show(lines, follow)


class _Log:
    """The log of one attempt, on its way to standard output."""

    def __init__(self, run: Path, folder: AttemptFolder, name: str) -> None:
        self._run, self._folder, self._name = run, folder, name
        self._log = GrowingLog(folder.log)
        self._safe = SafeText() if sys.stdout.isatty() else None
        self._watch = Watch(run)
        self._next_look = 0.0
        self._over = 0

    def close(self) -> None:
        """Write what is left, and read no more."""
        self._log.close()
        if self._safe is not None:
            sys.stdout.write(self._safe.end())
        sys.stdout.flush()

    def show(self, lines: int | None, follow: bool) -> None:
        """Write the log; with `follow` until the attempt has ended, or nobody works on it any more."""
        ended = self._folder.record.exists()
        if not self._log.open(lines) and not (follow and not ended and self._wait()):
            complain(f"{self._name} {'left no log' if self._folder.record.exists() else 'has not begun'}")
            raise typer.Exit(NEGATIVE)
        while True:
            # Looked at before the log is: what was written before the end is then read.
            ended = self._folder.record.exists()
            self._write_new()
            if ended or not follow:
                return
            if not self._goes_on():
                self._write_new()
                complain(f"{self._name} has not ended, but nobody works on {self._run.name} any more")
                return

    def _write_new(self) -> None:
        for piece in self._log.read():
            if self._safe is None:
                sys.stdout.buffer.write(piece)
            else:
                sys.stdout.write(self._safe.feed(piece))

    def _wait(self) -> bool:
        """Wait for an attempt that has not begun; False where it will not."""
        complain(f"{self._name} has not begun: waiting for it")
        while not self._log.open():
            if self._folder.record.exists() or not self._goes_on():
                return self._log.open()
        return True

    def _goes_on(self) -> bool:
        """Let some time pass, and say whether the attempt may still write: somebody works on the run."""
        sys.stdout.flush()
        time.sleep(_POLL)
        if time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + _ALIVE
            is_over = self._watch.look().state in ("stopped", "finished")
            # Twice, because a run that is about to be taken up is led by nobody for a moment.
            self._over = self._over + 1 if is_over else 0
        return self._over < 2
