"""Properties for JUnit XML: an attempt's facts on its case, a run's totals on the suite."""

from __future__ import annotations

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.summary import MEASURES, Summary

__all__ = ["case_properties", "suite_properties"]

_FACTS = (
    "competition",
    "complexity",
    "category",
    "seed",
    "agent",
    "outcome",
    "valid",
    "reason",
    "score",
    "medal",
    "above_median",
    "gold",
    "silver",
    "bronze",
    "median",
    "rank",
    "teams",
    "seconds",
    "ended_early",
    "tokens",
    "cost",
    "requests",
    "fixed",
)


def case_properties(record: AttemptRecord) -> list[tuple[str, str]]:
    """An attempt's facts as ``mlebench.<name>`` and text.

    Numbers are written so that they read back to the same value, booleans as ``true`` and ``false``. What is not known
    or does not exist (no score, no medal) is absent, so a query for a property finds only cases that have it. For an
    error of the harness only what was not earned is there: no ``valid``, no ``above_median``.
    """
    facts = {name: getattr(record, name) for name in _FACTS}
    facts["problems"] = " ".join(record.problems) or None
    facts["refused_hosts"] = " ".join(contact.host for contact in record.contacts if contact.refused) or None
    if record.outcome == "error":
        facts |= {"valid": None, "above_median": None}
    return [(f"mlebench.{name}", _text(value)) for name, value in facts.items() if value is not None]


def suite_properties(summary: Summary) -> list[tuple[str, str]]:
    """The totals of a run as ``mlebench.<name>`` and text.

    Counts of attempts, `any_medal_percent` of all attempts; `any_medal_mean` and `any_medal_standard_error` in percent
    over complete seeds; `pass_at_<k>` from 0 to 1. Figures that need more attempts than there are, are absent.
    """
    totals = summary.overall
    share = totals.shares["any_medal"]
    facts: dict[str, object] = {
        "competitions": totals.competitions,
        "attempts": totals.attempts,
        "errors": totals.errors,
        "seeds": totals.seeds,
        **{name: totals.shares[name].count for name in MEASURES},
        "any_medal_percent": share.percent,
        "any_medal_mean": share.mean,
        "any_medal_standard_error": share.standard_error,
        **{f"pass_at_{k}": value for k, value in totals.pass_at.items()},
    }
    return [(f"mlebench.{name}", _text(value)) for name, value in facts.items() if value is not None]


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
