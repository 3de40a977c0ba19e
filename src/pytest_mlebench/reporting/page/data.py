"""The page's figures as plain JSON values, to be read by programs from the page itself."""

from __future__ import annotations

from typing import Any

from pytest_mlebench.reporting.page.content import Page
from pytest_mlebench.reporting.summary import Summary, Totals

__all__ = ["page_data"]

_COLUMNS = (
    "competition",
    "complexity",
    "category",
    "seed",
    "outcome",
    "score",
    "rank",
    "teams",
    "seconds",
    "tokens",
    "cost",
)


def page_data(page: Page, summary: Summary) -> dict[str, Any]:
    """Totals overall, by complexity and category; pass@k; and a row for each attempt under `attempt_columns`."""
    return {
        "agent": page.agent,
        "runs": list(page.runs),
        "final": page.headline.final,
        "totals": _totals(summary.overall),
        "by_complexity": {name: _totals(totals) for name, totals in summary.by_complexity.items()},
        "by_category": {name: _totals(totals) for name, totals in summary.by_category.items()},
        "pass_at_k": [
            {
                "group": curve.group,
                "tier": curve.tier,
                "points": {k: [each.mean, each.low, each.high] for k, each in curve.points.items()},
            }
            for curve in page.curves
        ],
        "attempt_columns": [*_COLUMNS, "beaten"],
        "attempts": [
            [*(getattr(record, name) for name in _COLUMNS), beaten]
            for part in page.competitions
            for record, beaten in zip(part.records, part.beaten, strict=True)
        ],
    }


def _totals(totals: Totals) -> dict[str, Any]:
    return {
        "competitions": totals.competitions,
        "attempts": totals.attempts,
        "missing": totals.missing,
        "errors": totals.errors,
        "seeds": totals.seeds,
        **{
            name: {"count": share.count, "mean": share.mean, "standard_error": share.standard_error}
            for name, share in totals.shares.items()
        },
    }
