"""``mlebench watch``: a run, live; reads its folder and changes nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlebench.cli.screen import Screen
from pytest_mlebench.reporting.runs import find_run
from pytest_mlebench.reporting.watching.table import table
from pytest_mlebench.reporting.watching.view import View
from pytest_mlebench.reporting.watching.watch import Watch

__all__ = ["RunsDir", "complete_run", "go_on", "watch"]


def complete_run(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Names of runs that begin so."""
    runs = Path(ctx.params.get("runs_dir") or "runs")
    return (path.parent.name for path in sorted(runs.glob("*/run.json")) if path.parent.name.startswith(incomplete))


RunsDir = Annotated[
    Path, typer.Option(metavar="DIR", help="Folder that runs are recorded in, as pytest's --mlebench-runs-dir.")
]


def watch(
    run: Annotated[
        str,
        typer.Argument(
            metavar="[RUN]", help="Name of a run, its beginning, a path, or last.", autocompletion=complete_run
        ),
    ] = "last",
    runs_dir: RunsDir = Path("runs"),
    once: Annotated[bool, typer.Option("--once", help="Look once.")] = False,
    interval: Annotated[float, typer.Option(metavar="SECONDS", help="Time between two looks.", min=0.1)] = 2.0,
    as_json: Annotated[bool, typer.Option("--json", help="Write a JSON object on one line for each look.")] = False,
) -> None:
    """Show what a run is doing: attempts, totals, and what is left; q or Ctrl-C leaves.

    Ends by itself when the run has ended. Reads the run's folder only: works over ssh, and on a copy. Looks once where
    the output is no terminal.

    Example: mlebench watch last
    """
    folder = find_run(runs_dir.expanduser(), run)
    watched, resume = Watch(folder), go_on(folder)
    is_screen = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    with contextlib.suppress(KeyboardInterrupt):
        if as_json:
            for view in _looks(watched, once, lambda: _sleep(interval)):
                typer.echo(json.dumps(view.to_json(), allow_nan=False, ensure_ascii=False))
        elif is_screen and not once:
            with Screen() as screen:
                for view in _looks(watched, once, lambda: screen.wait(interval)):
                    screen.draw(table(view, resume, screen.width, screen.height))
        else:
            width = os.get_terminal_size(sys.stdout.fileno()).columns if is_screen else 0
            for text, _ in table(watched.look(), resume, width or None):
                typer.echo(text)


def go_on(run: Path) -> str:
    """The command that goes on with `run`."""
    usual = run.parent == Path("runs").absolute()
    return f"pytest --mlebench-resume={shlex.quote(run.name if usual else str(run))}"


def _looks(watched: Watch, once: bool, wait: Callable[[], bool]) -> Iterator[View]:
    """One look after another, until the run has ended or `wait` says that nobody looks any more."""
    stopped = 0
    while True:
        view = watched.look()
        yield view
        # Twice, because a run that is about to be taken up is led by nobody for a moment.
        stopped = stopped + 1 if view.state == "stopped" else 0
        if once or view.state == "finished" or stopped == 2 or not wait():
            return


def _sleep(seconds: float) -> bool:
    sys.stdout.flush()
    time.sleep(seconds)
    return True
