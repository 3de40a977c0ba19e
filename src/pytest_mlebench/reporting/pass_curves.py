"""How success grows with the number of attempts: pass@k for each complexity and each tier, with intervals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cache

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.passk import pass_at_k
from pytest_mlebench.reporting.intervals import DRAWS, Interval, mean_intervals
from pytest_mlebench.reporting.summary import CompetitionAttempts, Summary

__all__ = ["TIERS", "PassCurve", "pass_curves"]

TIERS: Mapping[str, Callable[[AttemptRecord], bool]] = {
    "any_medal": lambda record: record.medal is not None,
    "silver": lambda record: record.medal in ("silver", "gold"),
    "gold": lambda record: record.medal == "gold",
}
"""What counts as a success: this medal or a better one."""


@dataclass(frozen=True, kw_only=True)
class PassCurve:
    """pass@k of a group of competitions for one tier."""

    group: str
    """``all``, or a name in `Summary.by_complexity`."""
    tier: str
    """A name in TIERS."""
    competitions: int
    seeds: int
    """The largest k: every competition has so many attempts; all attempts are used, also where there are more."""
    points: Mapping[int, Interval]
    """By k, ascending: the unbiased estimate averaged over competitions, 0-1, and its 95 % interval over these."""

    @property
    def half(self) -> int | None:
        """n/2, where the published figure stops: from there on few choices of k attempts share none; None for n = 1."""
        return self.seeds // 2 or None


def pass_curves(
    summary: Summary, *, ks: Collection[int] | None = None, draws: int = DRAWS, seed: int = 0
) -> tuple[PassCurve, ...]:
    """The curves of all competitions and of each complexity, for each tier; none where there is no attempt.

    `ks` are those of k = 1..seeds that are wanted, all unless given. Intervals are drawn anew for each group, from the
    same `seed`.
    """
    groups = {"all": summary.overall_competitions}
    for name in summary.by_complexity:
        groups[name] = tuple(each for each in summary.by_competition if each.group == name)
    curves: list[PassCurve] = []
    for name, group in groups.items():
        if group:
            totals = summary.overall if name == "all" else summary.by_complexity[name]
            wanted = [k for k in range(1, totals.seeds + 1) if ks is None or k in ks]
            curves += _curves(name, group, totals.seeds, wanted, draws, seed)
    return tuple(curves)


def _curves(
    name: str, group: tuple[CompetitionAttempts, ...], seeds: int, ks: list[int], draws: int, seed: int
) -> list[PassCurve]:
    estimate = cache(pass_at_k)
    columns = []
    for holds in TIERS.values():
        counts = [(each.number, each.count(holds)) for each in group]
        columns += [[estimate(n, c, k) for n, c in counts] for k in ks]
    intervals = mean_intervals(columns, draws=draws, seed=seed)
    return [
        PassCurve(
            group=name,
            tier=tier,
            competitions=len(group),
            seeds=seeds,
            points=dict(zip(ks, intervals[i * len(ks) : (i + 1) * len(ks)], strict=True)),
        )
        for i, tier in enumerate(TIERS)
    ]
