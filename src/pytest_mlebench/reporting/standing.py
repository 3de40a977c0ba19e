"""Where attempts stand among the humans: percentiles, and the normalised score, which tells more than rare medals do.

An attempt's share of beaten teams is that of the human teams with a worse score, plus half of those with the same one.
Ties count half because teams often share a score, such as that of the sample submission or of a public notebook:
counting them all as beaten would reward handing in the sample, counting none would hide that it is worth as much as
the others' copy. Halves also make the share independent of direction, and it is the percentile rank as statistics
define it. A score with no human equal beats the same teams under each of the three.

The normalised score is the mean of that share over attempts, a failure being 0, averaged over competitions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

from pytest_mlebench import catalog
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.leaderboard import Leaderboard
from pytest_mlebench.reporting.intervals import DRAWS, Interval, mean_intervals
from pytest_mlebench.reporting.summary import CompetitionAttempts, Summary

__all__ = ["CompetitionStanding", "Standings", "packaged_board", "share_beaten"]


def packaged_board(competition: str) -> Leaderboard | None:
    """The human leaderboard of a competition of this package; None where it is none."""
    try:
        return catalog.get(competition).leaderboard
    except MlebenchError:
        return None


def share_beaten(record: AttemptRecord, board: Leaderboard | None) -> float | None:
    """The share of human teams that an attempt beat, 0-1, ties counted half; 0 for a failure.

    Without the leaderboard its recorded rank says it, ties then counted as beaten; None where there is none either.
    """
    if not record.valid:
        return 0.0
    if board is not None and record.score is not None:
        worse_or_same, same = board.teams - board.rank(record.score) + 1, board.scores.count(round(record.score, 5))
        return (worse_or_same - same / 2) / board.teams
    if record.rank is not None and record.teams:
        return min(1.0, max(0.0, (record.teams - record.rank + 1) / record.teams))
    # A score that is not a number beats nobody; one whose leaderboard is not known cannot be placed.
    return 0.0 if record.score is None else None


@dataclass(frozen=True, kw_only=True)
class CompetitionStanding:
    """The attempts of one competition beside its humans."""

    attempts: CompetitionAttempts
    beaten: tuple[float | None, ...]
    """For each of `attempts.records` the share of teams beaten, 0-1; None where it cannot be known."""

    @property
    def scores(self) -> tuple[float | None, ...]:
        """The raw score of each of `attempts.records`; None without one."""
        return tuple(record.score for record in self.attempts.records)

    @property
    def percentiles(self) -> tuple[float | None, ...]:
        """The percentile of each of `attempts.records` among the humans, 0-100; None for failures too."""
        return tuple(
            100 * share if share is not None and record.valid else None
            for record, share in zip(self.attempts.records, self.beaten, strict=True)
        )

    @property
    def normalised(self) -> float | None:
        """The mean share of teams beaten, 0-1, failures and missing attempts being 0; None where one is not known."""
        known = [share for share in self.beaten if share is not None]
        if len(known) < len(self.beaten) or not self.attempts.number:
            return None
        return math.fsum(known) / self.attempts.number


@dataclass(frozen=True)
class Standings:
    """The attempts of a run beside the humans, competition by competition."""

    summary: Summary
    board: Callable[[str], Leaderboard | None] = packaged_board
    """The human leaderboard of a competition, by its id."""

    @cached_property
    def by_competition(self) -> tuple[CompetitionStanding, ...]:
        """In the order of `Summary.by_competition`."""
        return tuple(self._standing(each) for each in self.summary.by_competition)

    def _standing(self, attempts: CompetitionAttempts) -> CompetitionStanding:
        board = self.board(attempts.competition)
        beaten = tuple(share_beaten(record, board) for record in attempts.records)
        return CompetitionStanding(attempts=attempts, beaten=beaten)

    @cached_property
    def unknown(self) -> tuple[str, ...]:
        """Competitions that no normalised score counts, because their leaderboard is not known."""
        return tuple(each.attempts.competition for each in self.by_competition if each.normalised is None)

    def normalised(
        self, group: str = "all", *, category: str | None = None, draws: int = DRAWS, seed: int = 0
    ) -> Interval | None:
        """The normalised score, 0-1, of ``all`` or a complexity, or of a category, with its 95 % interval.

        The interval is by bootstrap over competitions. None where no competition can be counted.
        """
        shares = [share for each in self._group(group, category) if (share := each.normalised) is not None]
        return mean_intervals([shares], draws=draws, seed=seed)[0] if shares else None

    def _group(self, group: str, category: str | None) -> Sequence[CompetitionStanding]:
        if group != "all":
            return [each for each in self.by_competition if each.attempts.group == group]
        return [
            each
            for each in self.by_competition
            if each.attempts.fixed is self.summary.fixed and category in (None, each.attempts.category)
        ]
