"""pass@k as the page shows it: which k, and as a table."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlebench.reporting.intervals import Interval
from pytest_mlebench.reporting.pass_curves import PassCurve
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.table import Cell, Column, Table, printable

__all__ = ["LABELS", "chosen_ks", "pass_table"]

LABELS = {"any_medal": "any medal", "silver": "silver or gold", "gold": "gold"}
"""What a success is, by the names of `pass_curves.TIERS`."""

_MOST = 16


def chosen_ks(summary: Summary) -> list[int]:
    """At most 16 of k = 1..n: both ends and n/2 among them, the others thinned out evenly on a scale of ratios."""
    n = max((totals.seeds for totals in (summary.overall, *summary.by_complexity.values())), default=0)
    if n <= _MOST:
        return list(range(1, n + 1))
    spread = {round(n ** (i / (_MOST - 2))) for i in range(_MOST - 1)}
    halves = {totals.seeds // 2 or 1 for totals in (summary.overall, *summary.by_complexity.values())}
    ends = {totals.seeds for totals in summary.by_complexity.values()}
    return sorted(spread | halves | ends | {1, n})


def pass_table(curves: Sequence[PassCurve]) -> Table:
    """A row for each k; any medal of each group of competitions, then the other tiers of all."""
    # Of one complexity alone, that complexity is all.
    groups = dict.fromkeys(curve.group for curve in curves)
    shown = [curve for curve in curves if curve.tier == "any_medal" and (curve.group == "all" or len(groups) > 2)]
    shown += [curve for curve in curves if curve.tier != "any_medal" and curve.group == "all"]
    columns = [Column(title="k"), *(Column(title=_title(curve), right=True) for curve in shown)]
    ks = sorted({k for curve in shown for k in curve.points})
    halves = {curve.half for curve in shown if curve.group == "all" and curve.seeds > 2}
    rows = [
        [
            Cell(f"{k} = n/2" if k in halves else str(k), "label"),
            *(Cell(_interval(curve.points.get(k))) for curve in shown),
        ]
        for k in ks
    ]
    return Table(title="", columns=columns, rows=rows)


def _title(curve: PassCurve) -> str:
    group = printable(curve.group)
    return f"{LABELS[curve.tier]} %" if curve.group == "all" else f"{LABELS[curve.tier]}, {group} %"


def _interval(interval: Interval | None) -> str:
    if interval is None:
        return "-"
    return f"{100 * interval.mean:.1f} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"
