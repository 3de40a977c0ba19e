"""``mlebench compare``: whether two runs differ; reads their folders, or grading reports, and changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from pytest_mlebench.cli import output
from pytest_mlebench.cli.arguments import Json
from pytest_mlebench.cli.errors import NEGATIVE, complain
from pytest_mlebench.cli.watching import RunsDir, complete_run

__all__ = ["compare"]

_WIDE = 120

_Run = Annotated[
    str,
    typer.Argument(
        help="A run (its name, the name's beginning, a path, or last), or a grading_report.json.",
        autocompletion=complete_run,
    ),
]


def compare(
    a: _Run,
    b: _Run,
    as_json: Json = False,
    anyway: Annotated[bool, typer.Option("--anyway", help="Compare runs of unlike settings too.")] = False,
    errors_as_failures: Annotated[
        bool, typer.Option("--errors-as-failures", help="Count errors of the harness as failed attempts.")
    ] = False,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Compare two runs, competition by competition: is B different from A?

    Differences are B's figure less A's. The exit status is 1 where the settings of the runs are too unlike to compare:
    another time limit, hardware, network, description, or repaired data.

    Example: mlebench compare runs/2026-01-02T03-04-05-aide-5eed other/grading_report.json
    """
    from pytest_mlebench.reporting.comparison import comparing, forms
    from pytest_mlebench.reporting.results import find_results

    found = [find_results(runs_dir.expanduser(), name) for name in (a, b)]
    for results in found:
        for warning in results.warnings:
            complain(warning)
    comparison = comparing.compare(*found, errors_as_failures=errors_as_failures)
    if comparison.unlike and not anyway:
        for each in comparison.unlike:
            complain(f"unlike settings: {each.name}: {each.a} in A, {each.b} in B")
        complain("runs of unlike settings do not compare; to compare these all the same, say --anyway")
        raise typer.Exit(NEGATIVE)
    if as_json:
        output.write_json(forms.as_json(comparison))
        return
    width = shutil.get_terminal_size().columns if output.is_terminal() else _WIDE
    for line in forms.lines(comparison, width=width):
        output.line(line)
