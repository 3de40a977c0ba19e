"""Tables as data, and their layout in lines of a given width, for plain and for coloured renderings alike."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_mlebench.controls import spell_controls

__all__ = ["Cell", "Column", "Table", "align_decimals", "layout", "natural_width", "printable"]

GAP = 2
"""Blanks between columns."""

_NARROWEST = 8


@dataclass(frozen=True)
class Cell:
    """A piece of text on one line and what it is."""

    text: str
    style: str = ""
    """By name (gold, invalid, heading, ...), for renderings with colours, which never say more than the text.

    ``letters``: each character is the letter of an outcome.
    """


@dataclass(frozen=True, kw_only=True)
class Column:
    """How the cells below one title are shown."""

    title: str
    right: bool = False
    """Align to the right."""
    folds: bool = False
    """Long texts are broken into lines where the table is too wide."""
    spills: bool = False
    """For the first column: long texts stand on a line of their own where the table is too wide."""
    drop: int = 0
    """Where the table is too wide, columns are left out from the highest number down; 0: never."""


@dataclass(frozen=True, kw_only=True)
class Table:
    """A titled table; each row has one cell for each column."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


def printable(text: str) -> str:
    """`text` on one line, with control characters written as escapes, so that it cannot move a terminal's cursor."""
    joined = " ".join(text.split())
    return spell_controls(joined)


def align_decimals(texts: Sequence[str]) -> list[str]:
    """Numbers padded on their right so that their decimal points meet when they are aligned to the right."""
    after = [len(text) - text.index(".") if "." in text else 0 for text in texts]
    widest = max(after, default=0)
    return [t + " " * (widest - n) if t[-1:].isdigit() else t for t, n in zip(texts, after, strict=True)]


def natural_width(table: Table) -> int:
    """The characters that the table takes where nothing is broken, spilt or left out."""
    return sum(_widths(table)) + GAP * (len(table.columns) - 1)


def layout(table: Table, width: int) -> Iterator[list[Cell]]:
    """The lines of the table, each a list of cells to be set side by side: title, column titles, a rule, rows.

    They take at most `width` characters where leaving out, folding and spilling suffice.
    """
    table = _without_dropped(table, width)
    widths = _fitted(table, width)
    for line in textwrap.wrap(table.title, max(width, _NARROWEST)):
        yield [Cell(line, "title")]
    yield _line([Cell(column.title, "title") for column in table.columns], table.columns, widths)
    yield [Cell("-" * (sum(widths) + GAP * (len(widths) - 1)), "rule")]
    for row in table.rows:
        columns = []
        for cell, column, wide in zip(row, table.columns, widths, strict=True):
            if column.spills and len(cell.text) > wide:
                yield [cell]
                columns.append([""])
            elif column.folds and len(cell.text) > wide:
                columns.append(textwrap.wrap(cell.text, wide))
            else:
                columns.append([cell.text])
        for i in range(max(map(len, columns))):
            cells = [
                replace(cell, text=lines[i] if i < len(lines) else "") for cell, lines in zip(row, columns, strict=True)
            ]
            yield _line(cells, table.columns, widths)


def _widths(table: Table) -> list[int]:
    return [
        max([len(column.title), *(len(row[i].text) for row in table.rows)]) for i, column in enumerate(table.columns)
    ]


def _without_dropped(table: Table, width: int) -> Table:
    while natural_width(table) > width and (last := max(column.drop for column in table.columns)):
        keep = [i for i, column in enumerate(table.columns) if column.drop != last]
        table = replace(
            table, columns=[table.columns[i] for i in keep], rows=[[row[i] for i in keep] for row in table.rows]
        )
    return table


def _fitted(table: Table, width: int) -> list[int]:
    """The widths of the columns, those that may be narrowed as narrow as the width asks."""
    widths = _widths(table)
    for i, column in enumerate(table.columns):
        excess = sum(widths) + GAP * (len(widths) - 1) - width
        if excess > 0 and (column.spills or column.folds):
            narrow = max(widths[i] - excess, _NARROWEST, len(column.title))
            kept = [len(row[i].text) for row in table.rows if len(row[i].text) <= narrow]
            widths[i] = max([len(column.title), *kept]) if column.spills else min(narrow, widths[i])
    return widths


def _line(cells: Sequence[Cell], columns: Sequence[Column], widths: Sequence[int]) -> list[Cell]:
    line: list[Cell] = []
    for cell, column, width in zip(cells, columns, widths, strict=True):
        blank = Cell(" " * (width - len(cell.text)))
        line += [Cell(" " * GAP)] * bool(line) + ([blank, cell] if column.right else [cell, blank])
    return line
