"""What became of a submission."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Grade", "Medal"]

Medal = Literal["gold", "silver", "bronze"]


@dataclass(frozen=True, kw_only=True)
class Grade:
    """The grade of one submission to one competition."""

    competition: str
    valid: bool
    reason: str | None = None
    """Why it is invalid, for a person; or why a valid score is not a number."""
    raw_score: float | None = None
    """As the metric gives it; None where invalid."""
    score: float | None = None
    """Rounded to 5 decimals; None where invalid."""
    medal: Medal | None = None
    above_median: bool = False
    rank: int | None = None
    """One more than the number of strictly better teams; None where invalid or not a number."""
    teams: int
    gold: float
    """Score at the gold position of the leaderboard; likewise silver, bronze, and the median of all rows."""
    silver: float
    bronze: float
    median: float
    lower_is_better: bool

    def to_json(self) -> dict[str, Any]:
        """All fields as JSON values; a score that is not finite becomes null, `reason` says so."""
        value = asdict(self)
        for key in ("score", "raw_score"):
            if value[key] is not None and not math.isfinite(value[key]):
                value[key] = None
        return value
