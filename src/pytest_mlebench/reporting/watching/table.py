"""What a run is doing, as a table that fits a terminal, or whole for a file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

from pytest_mlebench.attempts.record import Outcome
from pytest_mlebench.attempts.status import Phase
from pytest_mlebench.reporting.watching.lines import (
    best,
    cut,
    doing,
    duration,
    estimate,
    roughly,
    short_name,
    so_far,
    validity,
    width_of,
)
from pytest_mlebench.reporting.watching.view import View, Working
from pytest_mlebench.reporting.wording import WORDS, count

__all__ = ["Line", "table"]

Style = Literal["", "bold", "dim", "red", "yellow", "green"]
Line = tuple[str, Style]
"""One line and how a terminal shows it."""

_LEAST_LOG = 20
"""Columns of the log line below which other columns give way."""
_NAMES = (60, 40, 30, 24, 20)
"""Columns of the attempt's name, from plenty to little."""
_GAP = "  "
_NO_MEDAL: tuple[Outcome, ...] = ("above_median", "valid", "invalid", "no_submission")


def table(view: View, resume: str, width: int | None = None, height: int | None = None) -> list[Line]:
    """The run, then a line for each attempt in hand; `resume` is the command that goes on with the run.

    With `width` and `height` (columns and lines, of a terminal) no line is wider and no more lines are made: what does
    not fit is left out or cut, and a line says how many attempts it is.
    """
    head: list[Line] = [
        (f"{view.run}{_GAP}agent {view.agent or 'unknown'}", "bold"),
        *((text, "") for text in _wrapped(_counts(view), width)),
        _state(view, resume),
    ]
    rows = list(view.working)
    if height is not None and len(rows) + len(head) + 2 > height:
        rows = rows[: max(0, height - len(head) - 3)]
    body: list[Line] = [("", ""), *_body(rows, width)] if rows else []
    if more := len(view.working) - len(rows):
        body.append((f"… and {more} more: a higher window shows them", "dim"))
    if width is None:
        return head + body
    return [(cut(text, width), style) for text, style in (head + body)[:height]]


def _counts(view: View) -> list[str]:
    counts, parts = view.counts, [so_far(view.counts)]
    phases = [each.phase for each in view.working if not each.lost]
    words: dict[Phase, str] = {
        "running": "running",
        "preparing": "preparing",
        "waiting": "waiting for resources",
        "grading": "grading",
    }
    parts += [f"{n} {word}" for phase, word in words.items() if (n := phases.count(phase))]
    if lost := sum(each.lost for each in view.working):
        parts.append(f"{lost} lost")
    if counts.waiting:
        parts.append(f"{counts.waiting} to come" if view.state in ("running", "silent") else f"{counts.waiting} left")
    parts += [f"{n} {WORDS[tier]}" for tier in _NO_MEDAL if (n := counts.outcomes.get(tier, 0))]
    if errors := counts.outcomes.get("error", 0):
        parts.append(count(errors, "error"))
    if counts.unreadable:
        parts.append(f"{counts.unreadable} unreadable")
    return parts


def _wrapped(parts: Sequence[str], width: int | None) -> list[str]:
    """The parts with commas, on as many lines as they need."""
    lines = [parts[0]]
    for part in parts[1:]:
        if width is not None and len(lines[-1]) + len(part) + 3 > width:
            lines[-1] += ","
            lines.append(part)
        else:
            lines[-1] += f", {part}"
    return lines


def _state(view: View, resume: str) -> Line:
    if view.state == "finished":
        return "finished", "green"
    if view.state == "stopped":
        return f"stopped: nobody works on it any more; this goes on with it: {resume}", "red"
    left = estimate(view.rest)
    if view.state == "silent":
        since = "" if view.silent is None else f" for {roughly(view.silent)}"
        return f"on another machine, and nothing has changed here{since}; if it still runs: {left}", "yellow"
    return f"running{'' if view.ran is None else f' for {roughly(view.ran)}'}; {left}", ""


def _used(each: Working) -> str:
    cost = [] if each.cost is None else [f"${each.cost:.2f}"]
    if each.tokens is not None:
        cost.append(_tokens(each.tokens))
    return " ".join(cost)


def _tokens(number: int) -> str:
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if number >= size:
            return f"{number / size:.1f}{letter}"
    return str(number)


def _clock(each: Working) -> str:
    return doing(each).removeprefix("running ")


_COLUMNS: dict[str, Callable[[Working], str]] = {
    "worker": lambda each: each.worker,
    "attempt": lambda each: each.attempt,
    "time": _clock,
    "gpu": lambda each: ",".join(each.gpus),
    "submission": validity,
    "best": lambda each: f"{best(each)} @{duration(each.best.elapsed)}" if each.best else "",
    "used": _used,
    "last line of the log": lambda each: each.line,
}
_SHORT_TITLES = {"submission": "subm."}
_DROPPED = ("used", "worker", "gpu", "best", "submission")
"""In this order, where the width does not do for all."""


def _body(rows: Sequence[Working], width: int | None) -> list[Line]:
    titles = [title for title in _COLUMNS if title == "attempt" or any(map(_COLUMNS[title], rows))]
    chosen, name = (titles, 1 << 16) if width is None else _fitting(rows, titles, width)
    shown = [_SHORT_TITLES.get(title, title) if width is not None else title for title in chosen]
    cells = [[_cell(title, each, name) for title in chosen] for each in rows]
    widths = [max(map(width_of, column)) for column in zip(shown, *cells, strict=True)]
    lines = [_joined(row, widths) for row in (shown, *cells)]
    return [(lines[0], "dim"), *((line, _style(each)) for line, each in zip(lines[1:], rows, strict=True))]


def _fitting(rows: Sequence[Working], titles: list[str], width: int) -> tuple[list[str], int]:
    """The columns that leave the log line its room, and how wide the names of attempts may be."""
    chosen, names = list(titles), iter(_NAMES[1:])
    droppable = iter([title for title in _DROPPED if title in titles])
    name = _NAMES[0]
    while True:
        fixed = [title for title in chosen if title != "last line of the log"]
        taken = sum(
            max(width_of(_SHORT_TITLES.get(title, title)), *(width_of(_cell(title, each, name)) for each in rows))
            + len(_GAP)
            for title in fixed
        )
        if width - taken >= _LEAST_LOG:
            return chosen, name
        # Names give way first, then columns: what is cut off a name can be guessed.
        if (shorter := next(names, None)) is not None:
            name = shorter
        elif (dropped := next(droppable, None)) is not None:
            chosen.remove(dropped)
        else:
            return chosen, name


def _cell(title: str, each: Working, name: int) -> str:
    return short_name(each.attempt, name) if title == "attempt" else _COLUMNS[title](each)


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = (cell + " " * (width - width_of(cell)) for cell, width in zip(row, widths, strict=True))
    return _GAP.join(padded).rstrip()


def _style(each: Working) -> Style:
    if each.lost:
        return "red"
    return "" if each.phase == "running" else "dim"
