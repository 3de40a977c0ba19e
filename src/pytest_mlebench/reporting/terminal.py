"""The summary of a run on a terminal: tables with colours where it can, aligned plain text where it cannot."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pytest_mlebench import catalog
from pytest_mlebench.reporting import contents
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.table import Cell, layout, printable
from pytest_mlebench.reporting.wording import LETTERS

if TYPE_CHECKING:
    from rich.text import Text

__all__ = ["lines", "print_summary", "rich_lines"]

# Middle tones, legible on dark and on light; every colour stands beside a word or letter that says the same.
_STYLES = {
    "gold": "bold #d7af00",
    "silver": "bold #8f9aa8",
    "bronze": "bold #cd7f32",
    "any_medal": "bold",
    "above_median": "green",
    "valid": "",
    "invalid": "red",
    "no_submission": "red",
    "error": "bold magenta",
    "score": "bold",
    "title": "bold",
    "rule": "dim",
    "heading": "italic",
    "competition": "bold",
    "headline": "bold",
}


def lines(
    summary: Summary,
    *,
    width: int = 80,
    skipped: Iterable[tuple[str, ...]] = (),
    unfinished: Sequence[str] = (),
    known: Callable[[str], Iterable[str]] = catalog.ids,
) -> Iterator[str]:
    """The summary as plain text without escape codes, the headline last.

    Tables keep within `width` characters down to about 70; lines that hold a command are never broken. `skipped` are
    (competition, complexity) whose data is not prepared, `unfinished` the names of attempts without a record, `known`
    gives the ids of a complexity.
    """
    for cells in _document(summary, width, skipped, unfinished, known):
        yield "".join(cell.text for cell in cells).rstrip()


def rich_lines(
    summary: Summary,
    *,
    width: int = 80,
    skipped: Iterable[tuple[str, ...]] = (),
    unfinished: Sequence[str] = (),
    known: Callable[[str], Iterable[str]] = catalog.ids,
) -> Iterator[Text]:
    """The same lines with colours, for a rich console."""
    return map(_rich_line, _document(summary, width, skipped, unfinished, known))


def print_summary(
    terminalreporter: Any,
    summary: Summary,
    skipped: Iterable[tuple[str, ...]] = (),
    unfinished: Sequence[str] = (),
) -> None:
    """Print the summary through pytest's terminal reporter, below a rule of its own.

    With colours on a terminal, unless NO_COLOR, CI, TERM=dumb or --color=no say otherwise.
    """
    writer = terminalreporter.config.get_terminal_writer()
    agents = sorted({printable(record.agent) for record in summary.rows})
    terminalreporter.write_sep("=", f"medals of {', '.join(agents)}" if agents else "medals")
    encoding = getattr(getattr(writer, "_file", None), "encoding", None) or "utf-8"
    if terminalreporter.isatty and writer.hasmarkup and not os.environ.get("CI"):
        made = _coloured(summary, writer.fullwidth, skipped, unfinished)
    else:
        made = lines(summary, width=writer.fullwidth, skipped=skipped, unfinished=unfinished)
    for line in made:
        terminalreporter.write_line(_encodable(line, encoding))


def _coloured(
    summary: Summary, width: int, skipped: Iterable[tuple[str, ...]], unfinished: Sequence[str]
) -> Iterator[str]:
    import io

    from rich.console import Console

    console = Console(file=io.StringIO(), force_terminal=True, width=width, legacy_windows=False, highlight=False)
    with console.capture() as capture:
        for line in rich_lines(summary, width=width, skipped=skipped, unfinished=unfinished):
            console.print(line, soft_wrap=True)
    return iter(capture.get().splitlines())


def _encodable(line: str, encoding: str) -> str:
    """The line with what a terminal's encoding lacks written otherwise."""
    try:
        line.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        line = line.replace("±", "+-").replace("─", "-").encode("ascii", "backslashreplace").decode("ascii")
    return line


def _document(
    summary: Summary,
    width: int,
    skipped: Iterable[tuple[str, ...]],
    unfinished: Sequence[str],
    known: Callable[[str], Iterable[str]],
) -> Iterator[list[Cell]]:
    """The lines of the summary, each a list of cells to be set side by side."""
    if summary.rows:
        for table in (
            contents.attempts_table(summary, width),
            *contents.totals_tables(summary, width),
            *contents.pass_at_k_tables(summary, width),
        ):
            yield from layout(table, width)
            yield []
    for note in contents.notes(summary, unfinished):
        wrapped = textwrap.wrap(
            note, max(width, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )
        yield from ([Cell(line, "note")] for line in wrapped)
    yield from ([Cell(note, "note")] for note in contents.skipped_notes(summary, skipped, known))
    if summary.rows:
        share, passes = contents.headline(summary)
        whole = f"{share}   {passes}".rstrip()
        yield from ([Cell(line, "headline")] for line in ([whole] if len(whole) <= width else [share, passes]))


def _rich_line(cells: Iterable[Cell]) -> Text:
    from rich.text import Text

    outcomes = {letter: outcome for outcome, letter in LETTERS.items()}
    line = Text(no_wrap=True, overflow="ignore")
    for cell in cells:
        if cell.style == "letters":
            for letter in cell.text:
                line.append(letter, style=_STYLES.get(outcomes.get(letter, ""), ""))
        elif cell.style == "rule":
            line.append("─" * len(cell.text), style=_STYLES["rule"])
        else:
            line.append(cell.text, style=_STYLES.get(cell.style, ""))
    return line
