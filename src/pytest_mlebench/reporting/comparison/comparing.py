"""Whether two runs differ: paired by competition, with an interval and an exact test, and what moved.

- The unit is the competition: attempts of one competition resemble each other, and no attempt of one run belongs to an
  attempt of the other. Only competitions that both runs attempted are compared, on data as published unless a run has
  no other.
- The any-medal rate of a run is the share of a competition's attempts with a medal, averaged over competitions, as
  pass@1 is; the interval of the difference is by bootstrap over competitions.
- The test asks how often chance alone would make a difference in medals as large, if each competition's difference
  could as well have been the other way round. That is so for equal runs only where both have as many attempts, so it
  takes of each competition as many attempts of each run, the first ones, as both have (`Comparison.tested`).
- A competition is won, in raw score, by the run whose attempts are better in more pairs of one attempt of each than
  they are worse. No best or mean would do: the best grows with the number of seeds, and a failure has no score to
  average. In a pair any valid score is better than a failure, and two failures are equal.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.comparison.paired_test import sign_flip_p, sign_p, smallest_sign_flip_p
from pytest_mlebench.reporting.comparison.settings import SettingDifference, differing_settings
from pytest_mlebench.reporting.intervals import Interval, mean_intervals
from pytest_mlebench.reporting.results import Results
from pytest_mlebench.reporting.standing import CompetitionStanding, Standings
from pytest_mlebench.reporting.summary import MEASURES, Summary

__all__ = ["Comparison", "Pair", "Side", "compare"]

Verdict = Literal["a", "b", "equal", "unknown"]

_ANY = MEASURES["any_medal"]


@dataclass(frozen=True)
class Side:
    """One of the two runs, with its figures over the competitions that both attempted."""

    results: Results
    whole: Summary
    """All of its attempts."""
    shared: Summary
    """Those that are compared."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """One competition in both runs."""

    competition: str
    complexity: str
    a: CompetitionStanding
    b: CompetitionStanding
    better: Verdict
    """Which run has the better raw scores; ``unknown`` where it is not known whether lower is better."""

    @property
    def rate_a(self) -> float:
        """Share of the first run's attempts with a medal, 0-1; likewise `rate_b`."""
        return _rate(self.a)

    @property
    def rate_b(self) -> float:
        """Share of the second run's attempts with a medal, 0-1."""
        return _rate(self.b)

    @property
    def difference(self) -> float:
        """By how much the second run's any-medal rate is higher, -1 to 1."""
        return self.rate_b - self.rate_a

    @property
    def tested(self) -> int:
        """How many attempts of each run the test takes."""
        return min(self.a.attempts.number, self.b.attempts.number)

    @property
    def tested_difference(self) -> int:
        """How many more medals the second run has among these."""
        return self.b.attempts.count(_ANY, self.tested) - self.a.attempts.count(_ANY, self.tested)

    @property
    def beaten_difference(self) -> float | None:
        """By how much the second run's mean share of human teams beaten is higher; None where one is not known."""
        if self.a.normalised is None or self.b.normalised is None:
            return None
        return self.b.normalised - self.a.normalised


@dataclass(frozen=True)
class Comparison:
    """Two runs side by side; differences are the second run's figure less the first's."""

    a: Side
    b: Side
    pairs: tuple[Pair, ...]
    """In the order of reports."""
    only_a: tuple[str, ...]
    """Competitions that only the first run attempted; likewise `only_b`."""
    only_b: tuple[str, ...]
    repaired: tuple[str, ...]
    """Competitions left out because a run attempted them on repaired data, others on data as published."""
    settings: tuple[SettingDifference, ...] | None
    """In which settings the runs differ; None where those of one are not known."""

    @property
    def unlike(self) -> tuple[SettingDifference, ...]:
        """The settings because of which the runs do not compare."""
        return tuple(each for each in self.settings or () if each.unlike)

    @property
    def final(self) -> bool:
        """Whether no error of the harness is left to be resolved in what is compared."""
        return self.a.shared.final and self.b.shared.final

    @cached_property
    def difference(self) -> Interval:
        """In any-medal rate, -1 to 1, with its 95 % interval."""
        return mean_intervals([[pair.difference for pair in self.pairs]])[0]

    @cached_property
    def beaten_difference(self) -> Interval | None:
        """In normalised score, -1 to 1, with its 95 % interval, over the competitions where both are known."""
        known = [each for pair in self.pairs if (each := pair.beaten_difference) is not None]
        return mean_intervals([known])[0] if known else None

    @property
    def tested(self) -> int:
        """How many attempts of each run the test takes."""
        return sum(pair.tested for pair in self.pairs)

    @cached_property
    def p_value(self) -> float:
        """Of the exact paired test of the medals, two-sided; 1 where no competition differs."""
        return sign_flip_p(pair.tested_difference for pair in self.pairs)

    @property
    def smallest_p_value(self) -> float:
        """The smallest value that the test could have had with as many competitions that differ."""
        return smallest_sign_flip_p(pair.tested_difference for pair in self.pairs)

    @property
    def wins(self) -> int:
        """In how many competitions the second run has better raw scores; likewise `losses` and `ties`."""
        return sum(pair.better == "b" for pair in self.pairs)

    @property
    def losses(self) -> int:
        """In how many competitions the first run has better raw scores."""
        return sum(pair.better == "a" for pair in self.pairs)

    @property
    def ties(self) -> int:
        """In how many competitions neither has."""
        return sum(pair.better == "equal" for pair in self.pairs)

    @property
    def sign_p_value(self) -> float:
        """Of the exact sign test of wins and losses, two-sided."""
        return sign_p(self.wins, self.losses)

    @property
    def moved(self) -> tuple[Pair, ...]:
        """The competitions whose any-medal rate differs, best gain first, worst loss last."""
        return tuple(
            sorted(
                (pair for pair in self.pairs if pair.difference),
                key=lambda pair: (-pair.difference, -(pair.beaten_difference or 0), pair.competition),
            )
        )


def compare(a: Results, b: Results, *, errors_as_failures: bool = False) -> Comparison:
    """Compare two runs; raises MlebenchError where no competition was attempted by both.

    Whether their settings allow it is in `Comparison.unlike`, and for the caller to heed.
    """
    wholes = [Summary(results.records, errors_as_failures=errors_as_failures) for results in (a, b)]
    ids = [{each.competition for each in whole.overall_competitions} for whole in wholes]
    both = ids[0] & ids[1]
    if not both:
        raise MlebenchError(f"nothing to compare: no competition was attempted in both {a.name} and {b.name}")
    sides = []
    for results, whole in zip((a, b), wholes, strict=True):
        kept = [record for record in whole.rows if record.competition in both and record.fixed is whole.fixed]
        sides.append(Side(results, whole, replace(whole, records=kept)))
    standings = [{each.attempts.competition: each for each in Standings(side.shared).by_competition} for side in sides]
    pairs = [
        _pair(standings[0][each.competition], standings[1][each.competition])
        for each in sides[0].shared.overall_competitions
    ]
    attempted = [{each.competition for each in whole.by_competition} for whole in wholes]
    repaired = {each.competition for whole in wholes for each in whole.by_competition if each.fixed is not whole.fixed}
    known = a.facts is not None and b.facts is not None
    return Comparison(
        a=sides[0],
        b=sides[1],
        pairs=tuple(pairs),
        only_a=tuple(sorted(ids[0] - attempted[1])),
        only_b=tuple(sorted(ids[1] - attempted[0])),
        repaired=tuple(sorted(repaired)),
        settings=differing_settings(a.facts or {}, b.facts or {}) if known else None,
    )


def _rate(standing: CompetitionStanding) -> float:
    return standing.attempts.count(_ANY) / standing.attempts.number


def _pair(a: CompetitionStanding, b: CompetitionStanding) -> Pair:
    return Pair(
        competition=a.attempts.competition,
        complexity=a.attempts.complexity,
        a=a,
        b=b,
        better=_better(a.attempts.records, b.attempts.records),
    )


def _better(a: Sequence[AttemptRecord], b: Sequence[AttemptRecord]) -> Verdict:
    """Whose attempts are better in more pairs of one attempt of each."""
    directions = {record.lower_is_better for record in (*a, *b) if record.score is not None}
    if len(directions) > 1 or None in directions:
        return "unknown"
    lower = True in directions
    # From two sorted lists this could be had faster; a competition has few attempts.
    merits = [[_merit(record, lower) for record in records] for records in (a, b)]
    balance = sum((theirs > ours) - (theirs < ours) for ours in merits[0] for theirs in merits[1])
    return "equal" if balance == 0 else "b" if balance > 0 else "a"


def _merit(record: AttemptRecord, lower: bool) -> tuple[int, float]:
    """Sort key: failures, then scores that are not finite, then scores from worse to better."""
    if not record.valid:
        return 0, 0.0
    if record.score is None:
        return 1, 0.0
    return 2, -record.score if lower else record.score
