"""Totals as the page shows them: a row for each group of competitions, percent of attempts in columns."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlebench.reporting.summary import MEASURES, Totals
from pytest_mlebench.reporting.table import Cell, Column, Table, printable

__all__ = ["totals_table"]

_TITLES = {"submitted": "submission", "any_medal": "any medal"}
_ORDER = ("any_medal", "gold", "silver", "bronze", "above_median", "valid", "submitted")


def totals_table(groups: Sequence[Totals], title: str) -> Table:
    """Means over complete seeds with their standard errors, in percent; attempts and errors as numbers."""
    measures = [name for name in _ORDER if name in MEASURES]
    counts = ["competitions", "attempts"]
    counts += [name for name in ("missing", "errors") if any(getattr(totals, name) for totals in groups)]
    columns = [
        Column(title=title),
        *(Column(title=name, right=True) for name in counts),
        *(Column(title=f"{_TITLES.get(name, name.replace('_', ' '))} %", right=True) for name in measures),
    ]
    rows = [
        [
            Cell(printable(totals.name), "label"),
            *(Cell(str(getattr(totals, name))) for name in counts),
            *(Cell(_percent(totals, name), name) for name in measures),
        ]
        for totals in groups
    ]
    return Table(title="", columns=columns, rows=rows)


def _percent(totals: Totals, measure: str) -> str:
    share = totals.shares[measure]
    if share.mean is None:
        return "-"
    return f"{share.mean:.1f}" + ("" if share.standard_error is None else f" ±{share.standard_error:.1f}")
