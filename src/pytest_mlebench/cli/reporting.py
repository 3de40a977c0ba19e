"""``mlebench report``: what a run says, as a page, Markdown, plain text or a table of attempts; reads files only."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pytest_mlebench.cli.watching import RunsDir, complete_run

if TYPE_CHECKING:
    from pytest_mlebench.competition import Competition
    from pytest_mlebench.reporting.page.sources import Sources

__all__ = ["report"]


class Format(StrEnum):
    """How a report is written."""

    HTML = "html"
    MARKDOWN = "markdown"
    TEXT = "text"
    CSV = "csv"
    PARQUET = "parquet"


_ENDINGS = {Format.MARKDOWN: "md", Format.TEXT: "txt"}


def report(
    runs: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN...",
            help="Runs of one agent: a name, its beginning, a path, last; or the path of a grading_report.json.",
            autocompletion=complete_run,
            show_default=False,
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Where to write; - is standard output.",
            show_default="the run's folder",
        ),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="What to write; csv and parquet have a row an attempt.")
    ] = Format.HTML,
    pad: Annotated[
        bool, typer.Option("--pad", help="Count attempts that are missing to make seeds complete as failed.")
    ] = False,
    errors_as_failures: Annotated[
        bool, typer.Option("--errors-as-failures", help="Count errors of the harness as failed attempts.")
    ] = False,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    runs_dir: RunsDir = Path("runs"),
) -> None:
    """Write a report on a run, or on several of one agent read together: medals, pass@k, time, failures.

    The page is one file that needs no network. Without -o it is report.html in the run's folder.

    Example: mlebench report last
    """
    from pytest_mlebench.files import write_text
    from pytest_mlebench.reporting.page.content import page
    from pytest_mlebench.reporting.page.html_page import html_page
    from pytest_mlebench.reporting.page.markdown import markdown, plain_text
    from pytest_mlebench.reporting.page.sources import read_sources
    from pytest_mlebench.reporting.summary import Summary

    sources = read_sources(runs_dir.expanduser(), runs)
    is_stream = output == Path("-")
    path = _default(sources, form) if output is None or is_stream else output.expanduser()
    if form in (Format.CSV, Format.PARQUET):
        if is_stream:
            raise typer.BadParameter("tables are written to files: name one", param_hint="--output")
        _write_table(path, sources, form)
        typer.echo(path)
        return
    summary = Summary(
        sources.records,
        padded=pad,
        errors_as_failures=errors_as_failures,
        expected=_expected(sources) if pad else (),
    )
    made = page(sources, summary)
    if form is Format.HTML:
        text = html_page(made, summary, sources, path)
    else:
        text = markdown(made) if form is Format.MARKDOWN else plain_text(made)
    if is_stream:
        sys.stdout.write(text)
        return
    write_text(path, text)
    typer.echo(path)
    if open_it:
        typer.launch(path.absolute().as_uri())


def _default(sources: Sources, form: Format) -> Path:
    """In the folder of the first run; a report of several does not replace that run's own."""
    first, number = sources.results[0].path, len(sources.results)
    name = "report" if number == 1 else f"report-of-{number}-runs"
    if first.is_dir():
        return first / f"{name}.{_ENDINGS.get(form, form)}"
    return first.with_name(f"{first.stem}-{name}.{_ENDINGS.get(form, form)}")


def _write_table(path: Path, sources: Sources, form: Format) -> None:
    from pytest_mlebench.reporting.exporting import write_csv, write_parquet

    write = write_csv if form is Format.CSV else write_parquet
    write(path, sources.results)


def _expected(sources: Sources) -> list[Competition]:
    """Competitions that were planned, also those without any attempt."""
    from pytest_mlebench import catalog

    names = {name.rpartition("-")[0] for each in sources.results for name in each.unfinished}
    known = {*catalog.ids(), *catalog.ids("builtin")}
    return [catalog.get(name) for name in sorted(names & known)]
