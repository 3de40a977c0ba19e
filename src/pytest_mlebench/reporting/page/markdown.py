"""The page as GitHub-flavoured Markdown, and as plain text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from pytest_mlebench.reporting.page.content import Page
from pytest_mlebench.reporting.page.sections import Block, sections
from pytest_mlebench.reporting.table import Table, layout

__all__ = ["markdown", "plain_text"]

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&@!])")
_WIDTH = 120


def markdown(page: Page) -> str:
    """The text of a file; what agents wrote is escaped, so that it is neither markup nor HTML nor a mention."""
    made: list[str] = []
    for i, section in enumerate(sections(page)):
        made.append(f"{'#' if i == 0 else '##'} {_escaped(section.title)}")
        for j, block in enumerate(section.blocks):
            text = "\n".join(_markdown(block))
            made.append(f"**{text}**" if i == j == 0 else text)
    return "\n\n".join(filter(None, made)) + "\n"


def plain_text(page: Page, width: int = _WIDTH) -> str:
    """The text of a file; tables that do not fit into `width` are wider."""
    made: list[str] = []
    for section in sections(page):
        made.append(f"{section.title}\n{'=' * len(section.title)}")
        made += ["\n".join(_plain(block, width)) for block in section.blocks]
    return "\n\n".join(filter(None, made)) + "\n"


def _markdown(block: Block) -> Iterator[str]:
    if isinstance(block, str):
        yield _escaped(block)
    elif isinstance(block, list):
        for line in block:
            yield f"- {_escaped(line)}"
    elif block.rows:
        yield _markdown_row([column.title for column in block.columns])
        yield "|".join(["", *("--:" if column.right else "---" for column in block.columns), ""])
        for row in block.rows:
            yield _markdown_row([cell.text for cell in row])


def _markdown_row(cells: list[str]) -> str:
    return f"| {' | '.join(map(_escaped, cells))} |"


def _escaped(text: str) -> str:
    """Everything that means something to Markdown anywhere in a line; a line's beginning is never a text's alone."""
    # Addresses and mentions are made into links without any markup; an invisible character stops that.
    return re.sub(r"(?<=\w)://|\bwww\.", lambda found: f"{found[0][:-1]}​{found[0][-1]}", _SPECIAL.sub(r"\\\1", text))


def _plain(block: Block, width: int) -> Iterator[str]:
    if isinstance(block, str):
        yield from textwrap.wrap(block, width)
    elif isinstance(block, list):
        for line in block:
            yield from textwrap.wrap(line, width, initial_indent="- ", subsequent_indent="  ")
    else:
        yield from _plain_table(block, width)


def _plain_table(table: Table, width: int) -> Iterator[str]:
    for line in layout(table, width) if table.rows else ():
        yield "".join(cell.text for cell in line).rstrip()
