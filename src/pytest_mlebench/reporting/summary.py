"""The figures of a run, or of several of one agent, as pure data: totals, mean and standard error over seeds, pass@k.

What counts:

- An attempt that ended in an error of the harness is not the agent's: it is in `Summary.errors` and in no other figure,
  neither as a success nor as a failure. While there are errors a run is not final (`Summary.final`), unless they are
  explicitly counted as failures (`errors_as_failures`).
- Attempts of a competition are taken in the order of their seeds, errors left out. The i-th seed of a run is the i-th
  attempt of every competition. Only complete seeds count for means and standard errors: the first m attempts of each
  competition, m being the smallest number of attempts of any competition (`Summary.seeds`). A competition whose
  attempts all ended in errors has not been attempted; it is not counted and does not make m zero.
- Padded, attempts that are missing to make seeds complete count as failed, in every figure (`Totals.missing` says how
  many): m is then the largest number of attempts of any competition, or the number asked for. Competitions that were
  expected, or have errors only, are then counted too.
- `bronze`, `silver` and `gold` count exactly these medals, `any_medal` their sum; `above_median` counts every attempt
  above it, with a medal or not.
- pass@k takes any medal as success, uses all attempts of a competition, and is given for k = 1..m.
- Attempts on repaired data are counted apart from all others, with seeds of their own.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.competition import COMPLEXITIES, Competition
from pytest_mlebench.passk import mean_pass_at_k

__all__ = ["MEASURES", "PUBLISHED", "CompetitionAttempts", "Share", "Summary", "Totals", "complexity_order"]

MEASURES: Mapping[str, Callable[[AttemptRecord], bool]] = {
    "submitted": lambda record: record.submitted,
    "valid": lambda record: record.valid,
    "above_median": lambda record: record.above_median,
    "bronze": lambda record: record.medal == "bronze",
    "silver": lambda record: record.medal == "silver",
    "gold": lambda record: record.medal == "gold",
    "any_medal": lambda record: record.medal is not None,
}
"""What is counted of attempts, by name."""

PUBLISHED = ("low", "medium", "high")
"""The complexities that the published results are of."""

_POSITIONS: Mapping[str, int] = {complexity: i for i, complexity in enumerate(COMPLEXITIES)}


def complexity_order(complexity: str) -> tuple[int, str]:
    """Sort key that puts complexities in the order of reports, those that a newer version knows last, by name."""
    return _POSITIONS.get(complexity, len(_POSITIONS)), complexity


@dataclass(frozen=True, kw_only=True)
class Share:
    """How many attempts something holds for."""

    count: int
    """Among all attempts."""
    percent: float | None
    """Of all attempts, missing ones included where seeds are padded, 0-100; None where there is no attempt."""
    mean: float | None
    """Percent of the competitions, averaged over complete seeds; None where there is no attempt."""
    standard_error: float | None
    """Sample standard deviation over complete seeds / sqrt(number of seeds); None with fewer than 2 seeds."""
    by_seed: tuple[float, ...] = ()
    """Percent of the competitions in each complete seed, what `mean` is the mean of."""


@dataclass(frozen=True, kw_only=True)
class CompetitionAttempts:
    """The attempts of one competition that count."""

    competition: str
    complexity: str
    category: str
    fixed: bool
    """Whether they were on repaired data."""
    records: tuple[AttemptRecord, ...]
    """In the order of their seeds."""
    missing: int = 0
    """Attempts that are not there and count as failed, because seeds are padded."""

    @property
    def group(self) -> str:
        """As `AttemptRecord.group`: the complexity, or ``repaired``."""
        return "repaired" if self.fixed else self.complexity

    @property
    def number(self) -> int:
        """How many attempts count, missing ones included; pass@k is given for k up to it."""
        return len(self.records) + self.missing

    def count(self, holds: Callable[[AttemptRecord], bool], first: int | None = None) -> int:
        """For how many of the attempts, or of the first so many, it holds; a missing one has nothing."""
        return sum(map(holds, self.records[:first]))


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The figures of a group of competitions: all, or those of one complexity or category."""

    name: str
    competitions: int
    """Competitions with at least one attempt that counts."""
    attempts: int
    """Attempts made; errors left out unless they count as failures."""
    missing: int = 0
    """Attempts that were not made and count as failed, because seeds are padded."""
    errors: int
    seeds: int
    """Complete seeds of the whole run, also where this group alone has more."""
    shares: Mapping[str, Share]
    """By the names in MEASURES."""
    pass_at: Mapping[int, float]
    """By k = 1..seeds, each 0-1: any medal, averaged over competitions; empty where there is no attempt."""

    @property
    def even(self) -> bool:
        """Whether every attempt belongs to a complete seed, so that `percent` and `mean` are the same figure."""
        return self.attempts + self.missing == self.competitions * self.seeds


@dataclass(frozen=True)
class Summary:
    """What the attempts of a run, or of several, amount to; the module's docstring says what counts.

    Attempts of several runs are numbered through first: `reporting.results.concatenated`.
    """

    records: Sequence[AttemptRecord]
    """Of one agent, in any order."""
    padded: bool | int = field(default=False, kw_only=True)
    """Count missing attempts as failed: True for as many seeds as any competition has, or the number of seeds."""
    errors_as_failures: bool = field(default=False, kw_only=True)
    """Count errors of the harness as attempts without a submission."""
    expected: Sequence[Competition] = field(default=(), kw_only=True)
    """Competitions that are counted, where seeds are padded, also without any attempt."""

    def __post_init__(self) -> None:
        if not isinstance(self.padded, bool) and self.padded < 1:
            raise ValueError(f"seeds can be padded to 1 at least, not to {self.padded}")

    @cached_property
    def rows(self) -> tuple[AttemptRecord, ...]:
        """All attempts, errors too, by complexity, competition and seed."""
        return tuple(sorted(self.records, key=_order))

    @cached_property
    def errors(self) -> tuple[AttemptRecord, ...]:
        """The attempts that ended in an error of the harness."""
        return tuple(record for record in self.rows if record.outcome == "error")

    @cached_property
    def by_competition(self) -> tuple[CompetitionAttempts, ...]:
        """The attempts that count, competition by competition, in the order of reports."""
        found: dict[tuple[str, bool], list[AttemptRecord]] = {}
        facts: dict[tuple[str, bool], tuple[str, str]] = {}
        for record in self.rows:
            key = (record.competition, record.fixed)
            facts.setdefault(key, (record.complexity, record.category))
            if record.outcome != "error" or self.errors_as_failures:
                found.setdefault(key, []).append(record)
            elif self.padded:
                found.setdefault(key, [])
        if self.padded:
            for competition in self.expected:
                if not {(competition.id, False), (competition.id, True)} & facts.keys():
                    found[competition.id, self.fixed] = []
                    facts[competition.id, self.fixed] = (competition.complexity, competition.category)
        seeds = {fixed: self._padding(found, fixed) for fixed in (False, True)}
        attempts = (
            CompetitionAttempts(
                competition=competition,
                complexity=facts[competition, fixed][0],
                category=facts[competition, fixed][1],
                fixed=fixed,
                records=tuple(records),
                missing=max(0, seeds[fixed] - len(records)),
            )
            for (competition, fixed), records in found.items()
        )
        return tuple(sorted(attempts, key=lambda each: (complexity_order(each.group), each.competition)))

    def _padding(self, found: Mapping[tuple[str, bool], Sequence[AttemptRecord]], fixed: bool) -> int:
        """The number of attempts that competitions are padded to."""
        if self.padded is True:
            return max((len(records) for (_, each), records in found.items() if each is fixed), default=0)
        return int(self.padded)

    @cached_property
    def seeds(self) -> int:
        """The number of complete seeds of the overall figures; 0 without attempts."""
        return self._seeds(self.fixed)

    def _seeds(self, fixed: bool) -> int:
        seeds = min((each.number for each in self.by_competition if each.fixed is fixed), default=0)
        return seeds if isinstance(self.padded, bool) else min(seeds, self.padded)

    @cached_property
    def fixed(self) -> bool:
        """Whether the overall figures are of repaired data: where there are no attempts on any other."""
        return bool(self.rows) and all(record.fixed for record in self.rows)

    @cached_property
    def overall_competitions(self) -> tuple[CompetitionAttempts, ...]:
        """What the overall figures are made of; they never mix repaired data with the published."""
        return tuple(each for each in self.by_competition if each.fixed is self.fixed)

    @cached_property
    def counted(self) -> tuple[AttemptRecord, ...]:
        """The attempts behind the overall figures."""
        return tuple(record for each in self.overall_competitions for record in each.records)

    @property
    def final(self) -> bool:
        """Whether there are figures, and no error of the harness is left to be resolved."""
        return any(each.records for each in self.by_competition) and (self.errors_as_failures or not self.errors)

    @cached_property
    def overall(self) -> Totals:
        """The figures of all competitions."""
        return self._totals("all", self.overall_competitions, sum(each.fixed is self.fixed for each in self.errors))

    @cached_property
    def by_complexity(self) -> Mapping[str, Totals]:
        """The figures of each complexity that occurs, in the order of reports, errors included; repaired data last."""
        errors = Counter(record.group for record in self.errors)
        names = {record.group for record in self.rows} | {each.group for each in self.by_competition}
        return {
            name: self._totals(name, [each for each in self.by_competition if each.group == name], errors[name])
            for name in sorted(names, key=complexity_order)
        }

    @cached_property
    def by_category(self) -> Mapping[str, Totals]:
        """The figures of each category, by name, of the same attempts as the overall figures."""
        errors = Counter(record.category for record in self.errors if record.fixed is self.fixed)
        names = {each.category for each in self.overall_competitions} | set(errors)
        return {
            name: self._totals(
                name, [each for each in self.overall_competitions if each.category == name], errors[name]
            )
            for name in sorted(names)
        }

    @cached_property
    def comparable(self) -> Totals:
        """The figures that compare with the published ones: low, medium and high complexity, data as published."""
        errors = sum(record.group in PUBLISHED for record in self.errors)
        return self._totals("all", [each for each in self.by_competition if each.group in PUBLISHED], errors)

    def _totals(self, name: str, group: Sequence[CompetitionAttempts], errors: int) -> Totals:
        seeds = self._seeds(group[0].fixed) if group else self.seeds
        medals = [(each.number, each.count(MEASURES["any_medal"])) for each in group]
        return Totals(
            name=name,
            competitions=len(group),
            attempts=sum(len(each.records) for each in group),
            missing=sum(each.missing for each in group),
            errors=errors,
            seeds=seeds,
            shares={measure: _share(group, seeds, holds) for measure, holds in MEASURES.items()},
            pass_at={k: mean_pass_at_k(medals, k) for k in range(1, seeds + 1)} if group else {},
        )


def _order(record: AttemptRecord) -> tuple[tuple[int, str], str, int, str]:
    return (complexity_order(record.group), record.competition, record.seed, record.created_at or "")


def _share(group: Sequence[CompetitionAttempts], seeds: int, holds: Callable[[AttemptRecord], bool]) -> Share:
    """The share of attempts for which `holds`; each competition has at least `seeds` of them, missing ones included."""
    if not group or not seeds:
        return Share(count=0, percent=None, mean=None, standard_error=None)
    held = [[holds(record) for record in each.records] for each in group]
    by_seed = tuple(100 * _held(held, seed) / len(group) for seed in range(seeds))
    count = sum(map(sum, held))
    return Share(
        count=count,
        percent=100 * count / sum(each.number for each in group),
        mean=math.fsum(by_seed) / seeds,
        standard_error=statistics.stdev(by_seed) / math.sqrt(seeds) if seeds > 1 else None,
        by_seed=by_seed,
    )


def _held(held: Iterable[Sequence[bool]], seed: int) -> int:
    return sum(each[seed] for each in held if seed < len(each))
