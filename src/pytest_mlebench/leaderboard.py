"""The human private leaderboard of a competition: medal thresholds, median and ranks."""

from __future__ import annotations

import csv
import math
import statistics
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_mlebench.errors import MlebenchError

if TYPE_CHECKING:
    from pytest_mlebench.grading.grade import Medal

__all__ = ["THRESHOLDS", "Leaderboard", "medal_positions"]

THRESHOLDS = ("gold", "silver", "bronze", "median", "teams", "lower_is_better")


def medal_positions(teams: int) -> tuple[int, int, int]:
    """Positions (from 1) of the last gold, silver and bronze medal among `teams` >= 1 teams, by Kaggle's rule.

    Fractions are truncated; below 100 teams each medal has at least one place.
    """
    if teams < 100:
        return max(1, teams // 10), max(1, teams // 5), max(1, teams * 2 // 5)
    if teams < 250:
        return 10, teams // 5, teams * 2 // 5
    if teams < 1000:
        return 10 + teams // 500, 50, 100
    return 10 + teams // 500, teams // 20, teams // 10


class Leaderboard:
    """The scores of all teams, in leaderboard order (best first), and what a score earns among them.

    Lower is better exactly when the first score is less than the last. A score is rounded to 5 decimals before it is
    compared; the leaderboard's own scores stay as published. Not-a-number earns nothing; infinite scores compare as
    they do. Raises MlebenchError without scores, or where one is not finite.
    """

    def __init__(self, scores: Sequence[float]) -> None:
        if not scores:
            raise MlebenchError("a leaderboard needs at least one score")
        if not all(map(math.isfinite, scores)):
            raise MlebenchError("a leaderboard holds finite scores only")
        self.scores = tuple(map(float, scores))
        self.lower_is_better: bool = self.scores[0] < self.scores[-1]
        gold, silver, bronze = medal_positions(len(self.scores))
        self.gold: float = self.scores[gold - 1]
        """Score at the last gold position; likewise `silver` and `bronze`."""
        self.silver: float = self.scores[silver - 1]
        self.bronze: float = self.scores[bronze - 1]
        self.median: float = statistics.median(self.scores)
        self._ascending = sorted(self.scores)

    @classmethod
    def read(cls, path: Path) -> Leaderboard:
        """The leaderboard in the column ``score`` of a CSV; raises MlebenchError naming the line that is wrong."""
        try:
            scores = list(_scores(path))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise MlebenchError(f"cannot read the leaderboard {path}: {error}") from error
        try:
            return cls(scores)
        except MlebenchError as error:
            raise MlebenchError(f"{path}: {error}") from None

    @property
    def thresholds(self) -> dict[str, Any]:
        """What a score is measured by, under the names of THRESHOLDS, which grades and records have too."""
        return {name: getattr(self, name) for name in THRESHOLDS}

    @property
    def teams(self) -> int:
        """How many teams are on it."""
        return len(self.scores)

    def medal(self, score: float) -> Medal | None:
        """The best medal that `score` earns: one whose threshold it reaches."""
        medals: tuple[tuple[Medal, float], ...] = (
            ("gold", self.gold),
            ("silver", self.silver),
            ("bronze", self.bronze),
        )
        score = round(score, 5)
        return next((medal for medal, threshold in medals if self._reaches(score, threshold)), None)

    def rank(self, score: float) -> int:
        """One more than the number of strictly better teams; raises ValueError for not-a-number."""
        if math.isnan(score):
            raise ValueError("not-a-number has no rank")
        score = round(score, 5)
        if self.lower_is_better:
            return bisect_left(self._ascending, score) + 1
        return self.teams - bisect_right(self._ascending, score) + 1

    def above_median(self, score: float) -> bool:
        """Whether `score` is strictly better than the median of all teams."""
        score = round(score, 5)
        return score < self.median if self.lower_is_better else score > self.median

    def _reaches(self, score: float, threshold: float) -> bool:
        return score <= threshold if self.lower_is_better else score >= threshold


def _scores(path: Path) -> Iterator[float]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        for row in rows:
            try:
                yield float(row["score"])
            except (KeyError, TypeError, ValueError):
                raise MlebenchError(f"{path}, line {rows.line_num}: no number in a column 'score'") from None
