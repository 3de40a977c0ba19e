"""What a run is doing, in single lines: for a terminal that shows other things too, and for logs."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable

from pytest_mlebench.quantities import format_duration
from pytest_mlebench.reporting.watching.view import Counts, Rest, View, Working
from pytest_mlebench.reporting.wording import WORDS, score

__all__ = [
    "best",
    "cut",
    "doing",
    "estimate",
    "heartbeat",
    "roughly",
    "short_name",
    "so_far",
    "validity",
    "width_of",
    "worker_lines",
]


def worker_lines(view: View, width: int) -> list[str]:
    """One line for each worker that has an attempt in hand, in columns, none wider than `width` characters."""
    rows = [_cells(each, max(20, width * 3 // 10)) for each in view.working]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row, each in zip(rows, view.working, strict=True):
        known = "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True) if w)
        lines.append(cut(f"{known}  {each.line}".rstrip(), width))
    return lines


def heartbeat(view: View) -> str:
    """One line on the whole run: what is done, what goes on, and what is left."""
    parts = [so_far(view.counts)]
    if view.counts.working:
        parts.append(f"{view.counts.working} running")
    if errors := view.counts.outcomes.get("error", 0):
        parts.append(f"{errors} error{'s' if errors > 1 else ''}")
    line = f"mlebench: {', '.join(parts)}"
    return line if view.state in ("finished", "stopped") else f"{line}; {estimate(view.rest)}"


def so_far(counts: Counts) -> str:
    """``12 of 225 attempts done (1 gold, 2 bronze)``."""
    medals = ", ".join(f"{n} {tier}" for tier in ("gold", "silver", "bronze") if (n := counts.outcomes.get(tier, 0)))
    planned = "" if counts.planned is None else f" of {counts.planned}"
    total = counts.done if counts.planned is None else counts.planned
    return f"{counts.done}{planned} attempt{'' if total == 1 else 's'} done{f' ({medals})' if medals else ''}"


def estimate(rest: Rest) -> str:
    """``about 14h left, at most 31h``; what is not known is said to be unknown."""
    if rest.about is None and rest.at_most is None:
        return "time left unknown"
    if rest.about is None:
        return f"time left unknown, at most {roughly(rest.at_most or 0, up=True)}"
    at_most = "unknown" if rest.at_most is None else roughly(rest.at_most, up=True)
    return f"about {roughly(rest.about)} left, at most {at_most}"


def roughly(seconds: float, *, up: bool = False) -> str:
    """A duration that is not exact, for a person: ``40s``, ``25m``, ``3h 20m``, ``31h``, ``4d 6h``; `up` rounds up."""
    if math.ceil(seconds) < 60:
        return f"{math.ceil(seconds)}s"
    minutes = math.ceil(seconds / 60) if up else round(seconds / 60)
    if minutes < 60:
        return f"{minutes}m"
    if minutes < 600:
        return f"{minutes // 60}h" + (f" {minutes % 60:02d}m" if minutes % 60 else "")
    hours = math.ceil(minutes / 60) if up else round(minutes / 60)
    return f"{hours}h" if hours < 72 else f"{hours // 24}d" + (f" {hours % 24}h" if hours % 24 else "")


def doing(each: Working) -> str:
    """``running 3h 12m of 24h``, ``waiting 40s``; a worker that has ended is ``lost``."""
    if each.lost:
        return "lost"
    if each.phase != "running" or each.elapsed is None:
        return f"{each.phase} {duration(each.in_phase)}"
    limit = "" if each.time_limit is None else f" of {duration(each.time_limit)}"
    return f"running {duration(each.elapsed)}{limit}"


def validity(each: Working) -> str:
    """What was last said of its submission, in a word; nothing where nobody asked."""
    return "" if each.valid is None else "valid" if each.valid else "invalid"


def best(each: Working) -> str:
    """The best snapshot: its medal, or its score."""
    if each.best is None:
        return ""
    graded = each.best.outcome in ("above_median", "valid") and each.best.score is not None
    return score(each.best.score) if graded else WORDS[each.best.outcome]


def short_name(attempt: str, width: int) -> str:
    """The name of an attempt in at most `width` columns, of which its seed at the end stays."""
    if len(attempt) <= width:
        return attempt
    competition, dash, seed = attempt.rpartition("-")
    return f"{competition[: max(0, width - len(seed) - 2)]}…{dash}{seed}"


def _cells(each: Working, width: int) -> list[str]:
    gpus = f"gpu {','.join(each.gpus)}" if each.gpus else ""
    so_far = f"best {found}" if (found := best(each)) else ""
    return [each.worker, short_name(each.attempt, width), doing(each), gpus, validity(each), so_far]


def duration(seconds: float) -> str:
    """An exact duration in few characters: ``0s``, ``3m 20s``, ``5h``."""
    text = format_duration(math.floor(seconds)) if seconds >= 1 else "0s"
    return text.removesuffix(" 00m").removesuffix(" 00s").replace(".0s", "s")


def cut(text: str, width: int) -> str:
    """`text` in at most `width` columns of a terminal, with an ellipsis where something is left out."""
    if width_of(text) <= width:
        return text
    taken, room = [], width - 1
    for character in text:
        room -= width_of(character)
        if room < 0:
            break
        taken.append(character)
    return f"{''.join(taken).rstrip()}…" if width > 0 else ""


def width_of(text: Iterable[str]) -> int:
    """Columns that `text` takes on a terminal: two for wide characters, none for combining ones."""
    if isinstance(text, str) and text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(c) or c in "\u200d\ufe0f" else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )
