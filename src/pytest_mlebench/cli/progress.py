"""Progress of preparations on standard error: bars on a terminal, else a line whenever something else begins."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import Protocol

import typer

from pytest_mlebench.data.progress import Step

__all__ = ["Display", "display"]


class Display(Protocol):
    """Shows the steps of several preparations at once; safe to use from threads."""

    def step(self, step: Step) -> None:
        """Show a step."""

    @contextlib.contextmanager
    def ended(self, competition: str) -> Iterator[None]:
        """Show no more of this competition; what is written inside does not run into the display."""


@contextlib.contextmanager
def display() -> Iterator[Display]:
    """The display that suits standard error."""
    if not sys.stderr.isatty():
        yield _Lines()
        return
    bars = _Bars()
    try:
        yield bars
    finally:
        bars.close()


class _Lines:
    def __init__(self) -> None:
        self._doing: dict[str, str] = {}
        self._lock = threading.Lock()

    def step(self, step: Step) -> None:
        with self._lock:
            if self._doing.get(step.competition) != step.doing:
                self._doing[step.competition] = step.doing
                typer.echo(f"{step.competition}: {step.doing}", err=True)

    @contextlib.contextmanager
    def ended(self, competition: str) -> Iterator[None]:
        with self._lock:
            yield


class _Bars:
    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

        texts = (TextColumn(f"{{task.{name}}}", markup=False) for name in ("description", "fields[amount]"))
        columns = (next(texts), BarColumn(), next(texts), TimeRemainingColumn())
        # Results go to standard output themselves, which may be a pipe.
        self._bars = Progress(
            *columns, console=Console(stderr=True), transient=True, redirect_stdout=False, redirect_stderr=False
        )
        self._tasks: dict[str, tuple[TaskID, str]] = {}
        self._lock = threading.Lock()
        self._bars.start()

    def step(self, step: Step) -> None:
        text = f"{step.competition}: {step.doing}"
        with self._lock:
            if step.competition not in self._tasks:
                self._tasks[step.competition] = (self._bars.add_task(text, total=None, amount=""), text)
            task, before = self._tasks[step.competition]
            if text != before:
                self._tasks[step.competition] = (task, text)
                self._bars.reset(task, description=text, total=None)
            self._bars.update(task, completed=step.done or 0, total=step.total, amount=step.amount)

    @contextlib.contextmanager
    def ended(self, competition: str) -> Iterator[None]:
        with self._lock:
            if competition in self._tasks:
                self._bars.remove_task(self._tasks.pop(competition)[0])
            self._bars.stop()
            try:
                yield
            finally:
                self._bars.start()

    def close(self) -> None:
        self._bars.stop()
