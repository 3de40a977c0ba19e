"""The ``mlebench`` command: a thin door to the library; one module per family of commands."""

from __future__ import annotations

from typing import Annotated

import typer

from pytest_mlebench.cli import (
    agents,
    building,
    comparing,
    competitions,
    doctor,
    grading,
    logs,
    preparing,
    reporting,
    watching,
)
from pytest_mlebench.cli.errors import CommandGroup

__all__ = ["app", "main"]

app = typer.Typer(
    name="mlebench",
    cls=CommandGroup,
    help="Competitions, their data, and grades; attempts themselves are run by pytest --mlebench-agent=NAME.",
    epilog="Exit status: 0 done; 1 the answer is no (an invalid submission, data that differs, something missing); "
    "2 wrong usage, or a name that does not exist; 3 an error; 130 interrupted.",
    no_args_is_help=True,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    # Plain help and plain errors: both load rich otherwise, which takes longer than most commands do.
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.callback()
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.", is_eager=True)] = False,
) -> None:
    if version:
        from importlib.metadata import version as installed

        typer.echo(f"mlebench {installed('pytest-mlebench')}")
        raise typer.Exit(0)


app.command("list")(competitions.list_competitions)
app.command("show")(competitions.show)
app.command("prepare")(preparing.prepare)
app.command("verify")(preparing.verify)
app.command("grade")(grading.grade)
app.command("grade-sample")(grading.grade_sample)
# A negative score must not be taken for an option.
app.command("rank", context_settings={"ignore_unknown_options": True})(competitions.rank)
app.command("agents")(agents.agents)
app.command("build")(building.build)
app.command("doctor")(doctor.doctor)
app.command("compare")(comparing.compare)
app.command("watch")(watching.watch)
app.command("logs")(logs.logs)
app.command("report")(reporting.report)


def main() -> None:
    """The console script."""
    app()
