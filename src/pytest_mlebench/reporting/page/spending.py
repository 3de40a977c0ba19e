"""What a run took: time, waiting, tokens and money, over all attempts and by complexity."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.quantities import format_duration
from pytest_mlebench.reporting.page.quantiles import median
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.table import Cell, Column, Table, printable

__all__ = ["spending"]


def spending(summary: Summary) -> Table:
    """A column for all attempts that count and for each complexity; rows without a figure are left out."""
    by_group: dict[str, list[AttemptRecord]] = {}
    for record in summary.rows:
        if record.outcome != "error":
            by_group.setdefault(record.group, []).append(record)
    groups = list(by_group.items())
    if len(groups) > 1:
        groups.insert(0, ("all", list(summary.counted)))
    figures = [_figures(records) for _, records in groups]
    labels = [label for label in (figures[0] if figures else ()) if any(each[label] != "-" for each in figures)]
    return Table(
        title="",
        columns=[Column(title=""), *(Column(title=printable(name), right=True) for name, _ in groups)],
        rows=[[Cell(label, "label"), *(Cell(each[label]) for each in figures)] for label in labels],
    )


def _figures(records: Sequence[AttemptRecord]) -> dict[str, str]:
    times = sorted(_known(record.seconds for record in records))
    waited = _known(record.waited for record in records)
    tokens = _known(record.tokens for record in records)
    costs = _known(record.cost for record in records)
    medals = sum(record.medal is not None for record in records if record.cost is not None)
    return {
        "attempts": str(len(records)),
        "agent's time, all together": _duration(math.fsum(times)) if times else "-",
        "agent's time, median": _duration(median(times)) if times else "-",
        "agent's time, longest": _duration(times[-1]) if times else "-",
        "ended at the time limit": _counted(record.timed_out for record in records),
        "ended early by a budget or the disk": _counted(record.ended_early is not None for record in records),
        "went over the memory": _counted(record.out_of_memory for record in records),
        "waited for hardware, all together": _duration(math.fsum(waited)) if any(waited) else "-",
        "tokens, all together": f"{math.fsum(tokens):,.0f}" if tokens else "-",
        "cost, all together": f"${math.fsum(costs):,.2f}" if costs else "-",
        "cost of an attempt, mean": f"${math.fsum(costs) / len(costs):,.2f}" if costs else "-",
        "cost of a medal": f"${math.fsum(costs) / medals:,.2f}" if medals else "-",
        "attempts of known cost": str(len(costs)) if costs else "-",
    }


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and value >= 0]


def _counted(holds: Iterable[bool]) -> str:
    return str(sum(holds) or "-")


def _duration(seconds: float) -> str:
    """Over ten days by days, which say more than thousands of hours."""
    return format_duration(seconds) if seconds < 864_000 else f"{seconds / 86_400:,.1f} days"
