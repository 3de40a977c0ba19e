"""Answers on standard output: tables and facts, with lines and colours on a terminal, plain and greppable elsewhere."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

import typer

from pytest_mlebench.controls import spell_controls

__all__ = ["facts", "is_terminal", "line", "table", "write_json"]


def is_terminal() -> bool:
    """Whether to draw for a person: standard output is a terminal, and neither NO_COLOR nor TERM=dumb says no."""
    return sys.stdout.isatty() and "NO_COLOR" not in os.environ and os.environ.get("TERM") != "dumb"


def line(text: str) -> None:
    """Write one line."""
    typer.echo(spell_controls(text))


def write_json(value: Any) -> None:
    """Write `value` as JSON; floats that are not finite must have become null before."""
    typer.echo(json.dumps(value, indent=1, allow_nan=False, ensure_ascii=False))


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[str] = ()) -> None:
    """Write a table, one line a row; the columns named in `right` are aligned to the right."""
    cells = [[spell_controls(cell) for cell in row] for row in rows]
    if is_terminal():
        _rich_table(columns, cells, right)
        return
    widths = [max(map(len, column)) for column in zip(columns, *cells, strict=True)]
    for row in [columns, *cells]:
        padded = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, cell, width in zip(columns, row, widths, strict=True)
        ]
        typer.echo("  ".join(padded).rstrip())


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Write names and values, aligned, one a line."""
    known = [(name, spell_controls(value)) for name, value in pairs]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        typer.echo(f"{name.ljust(width)}  {value}")


def _rich_table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Collection[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for index, column in enumerate(columns):
        # The first column names things: it must stay whole.
        side: Literal["right", "left"] = "right" if column in right else "left"
        drawn.add_column(column, justify=side, no_wrap=index == 0, style="" if index else "bold", overflow="fold")
    for row in rows:
        drawn.add_row(*map(Text, row))
    Console().print(drawn)
