"""The figures of a run, as pure data: totals, mean and standard error over seeds, pass@k, overall and by complexity.

What counts:

- An attempt that ended in an error of the harness is not the agent's: it is in `Summary.errors` and in no other figure,
  neither as a success nor as a failure. While there are errors a run is not final (`Summary.final`).
- Attempts of a competition are taken in the order of their seeds, errors left out. The i-th seed of a run is the i-th
  attempt of every competition. Only complete seeds count for means and standard errors: the first m attempts of each
  competition, m being the smallest number of attempts of any competition (`Summary.seeds`). A competition whose
  attempts all ended in errors has not been attempted; it is not counted and does not make m zero.
- `bronze`, `silver` and `gold` count exactly these medals, `any_medal` their sum; `above_median` counts every attempt
  above it, with a medal or not.
- pass@k takes any medal as success, uses all attempts of a competition, and is given for k = 1..m.
"""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.competition import COMPLEXITIES
from pytest_mlebench.passk import mean_pass_at_k

__all__ = ["MEASURES", "Share", "Summary", "Totals", "complexity_order"]

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
    """Of all attempts, 0-100; None where there is no attempt."""
    mean: float | None
    """Percent of the competitions, averaged over complete seeds; None where there is no attempt."""
    standard_error: float | None
    """Sample standard deviation over complete seeds / sqrt(number of seeds); None with fewer than 2 seeds."""


@dataclass(frozen=True, kw_only=True)
class Totals:
    """The figures of a group of competitions: all, or those of one complexity."""

    name: str
    competitions: int
    """Competitions with at least one attempt that is not an error."""
    attempts: int
    """Errors left out."""
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
        return self.attempts == self.competitions * self.seeds


@dataclass(frozen=True)
class Summary:
    """What the attempts of a run amount to; the module's docstring says what counts."""

    records: Sequence[AttemptRecord]
    """Of one agent, in any order."""

    @cached_property
    def rows(self) -> tuple[AttemptRecord, ...]:
        """All attempts, errors too, by complexity, competition and seed."""
        return tuple(sorted(self.records, key=_order))

    @cached_property
    def errors(self) -> tuple[AttemptRecord, ...]:
        """The attempts that ended in an error of the harness."""
        return tuple(record for record in self.rows if record.outcome == "error")

    @cached_property
    def attempts(self) -> Mapping[str, tuple[AttemptRecord, ...]]:
        """The attempts of each competition in the order of their seeds, errors left out."""
        attempts: dict[str, list[AttemptRecord]] = {}
        for record in self.rows:
            if record.outcome != "error":
                attempts.setdefault(record.competition, []).append(record)
        return {competition: tuple(records) for competition, records in attempts.items()}

    @cached_property
    def seeds(self) -> int:
        """The number of complete seeds: the smallest number of attempts of a competition; 0 without attempts."""
        return min(map(len, self.attempts.values()), default=0)

    @cached_property
    def fixed(self) -> bool:
        """Whether the overall figures are of repaired data: where there are no attempts on any other."""
        return bool(self.rows) and all(record.fixed for record in self.rows)

    @cached_property
    def counted(self) -> tuple[AttemptRecord, ...]:
        """The attempts behind the overall figures, which never mix repaired data with the published."""
        return tuple(record for record in self.rows if record.outcome != "error" and record.fixed is self.fixed)

    @property
    def final(self) -> bool:
        """Whether there are figures and no error is left to be resolved."""
        return bool(self.attempts) and not self.errors

    @cached_property
    def overall(self) -> Totals:
        """The figures of all competitions."""
        group = [records for records in self.attempts.values() if records[0].fixed is self.fixed]
        return self._totals("all", group, sum(record.fixed is self.fixed for record in self.errors))

    @cached_property
    def by_complexity(self) -> Mapping[str, Totals]:
        """The figures of each complexity that occurs, in the order of reports, errors included; repaired data last."""
        errors = Counter(record.group for record in self.errors)
        groups: dict[str, list[tuple[AttemptRecord, ...]]] = {record.group: [] for record in self.rows}
        for records in self.attempts.values():
            groups[records[0].group].append(records)
        return {name: self._totals(name, group, errors[name]) for name, group in groups.items()}

    def _totals(self, name: str, group: Iterable[Sequence[AttemptRecord]], errors: int) -> Totals:
        group = list(group)
        medals = [(len(records), sum(record.medal is not None for record in records)) for records in group]
        return Totals(
            name=name,
            competitions=len(group),
            attempts=sum(map(len, group)),
            errors=errors,
            seeds=self.seeds,
            shares={measure: _share(group, self.seeds, holds) for measure, holds in MEASURES.items()},
            pass_at={k: mean_pass_at_k(medals, k) for k in range(1, self.seeds + 1)} if group else {},
        )


def _order(record: AttemptRecord) -> tuple[tuple[int, str], str, int, str]:
    return (complexity_order(record.group), record.competition, record.seed, record.created_at or "")


def _share(group: Sequence[Sequence[AttemptRecord]], seeds: int, holds: Callable[[AttemptRecord], bool]) -> Share:
    """The share of attempts for which `holds`; `group` has each competition's attempts, at least `seeds` of them."""
    if not group:
        return Share(count=0, percent=None, mean=None, standard_error=None)
    count = sum(holds(record) for records in group for record in records)
    by_seed = [100 * sum(holds(records[seed]) for records in group) / len(group) for seed in range(seeds)]
    return Share(
        count=count,
        percent=100 * count / sum(map(len, group)),
        mean=math.fsum(by_seed) / seeds,
        standard_error=statistics.stdev(by_seed) / math.sqrt(seeds) if seeds > 1 else None,
    )
