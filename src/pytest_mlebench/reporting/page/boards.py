"""A human leaderboard and an agent's attempts on one scale from worse to better, ready to be drawn."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.reporting.page.quantiles import median, quantile

__all__ = ["BINS", "Board", "Track", "board"]

BINS = 60
_TIERS = ("median", "bronze", "silver", "gold")
_MOST_TRACKS = 24
"""With more attempts than this their course is shown by its quartiles."""
_MARKS = 48


@dataclass(frozen=True)
class Track:
    """The course of one attempt: hours, and where its submission stood by then."""

    outcome: Outcome
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, kw_only=True)
class Board:
    """Positions run from 0, worse, to 1, better; an attempt that lies beyond an end is shown at the end."""

    low: float
    """The score at position 0; likewise `high` at 1."""
    high: float
    lower_is_better: bool
    humans: tuple[int, ...]
    """Teams in each of BINS parts of the scale; empty where the leaderboard is not known."""
    worse: int
    """Teams that are off the scale at its low end; likewise `better`."""
    better: int
    marks: tuple[tuple[str, float], ...]
    """Median, bronze, silver and gold, as far as they are known, with their positions."""
    attempts: tuple[tuple[float, Outcome], ...]
    """Those with a score."""
    tracks: tuple[Track, ...]
    """Of attempts with snapshots; empty where there are many, and then `course` is not."""
    course: tuple[tuple[float, float, float, float], ...]
    """Hours, and the quartiles of where the submissions stood by then."""

    def position(self, score: float) -> float:
        """Where `score` lies."""
        return min(1.0, max(0.0, (score - self.low) / (self.high - self.low)))


def board(records: Sequence[AttemptRecord], scores: Sequence[float]) -> Board | None:
    """The picture of one competition; `scores` are the humans', in any order, empty where they are not known.

    None where there is nothing to draw: no score at all, or thresholds unlike those of the leaderboard's direction.
    """
    first = next((record for record in records if record.lower_is_better is not None), None)
    if first is None or first.lower_is_better is None:
        return None
    sign = -1.0 if first.lower_is_better else 1.0
    known = {tier: sign * value for tier in _TIERS if (value := getattr(first, tier)) is not None}
    ours = [sign * record.score for record in records if record.score is not None]
    humans = sorted(sign * score for score in scores)
    ends = _ends(humans or sorted([*known.values(), *ours]), known, ours)
    if ends is None:
        return None
    low, high = ends
    made = Board(
        low=sign * low,
        high=sign * high,
        lower_is_better=first.lower_is_better,
        humans=_counts(humans, low, high),
        worse=bisect_left(humans, low),
        better=len(humans) - bisect_right(humans, high),
        marks=(),
        attempts=(),
        tracks=(),
        course=(),
    )
    tracks = [track for record in records if (track := _track(made, record)) is not None]
    many = len(tracks) > _MOST_TRACKS
    return Board(
        **{
            **vars(made),
            "marks": tuple((tier, made.position(sign * value)) for tier, value in known.items()),
            "attempts": tuple(
                (made.position(record.score), record.outcome) for record in records if record.score is not None
            ),
            "tracks": () if many else tuple(tracks),
            "course": _course(tracks) if many else (),
        }
    )


def _ends(ordered: Sequence[float], known: dict[str, float], ours: Sequence[float]) -> tuple[float, float] | None:
    """The ends of the scale around the medals, where it is decided; the far tails of leaderboards would hide them."""
    if not ordered:
        return None
    middle, top = known.get("median", median(ordered)), known.get("gold", ordered[-1])
    spread = abs(top - middle) or ordered[-1] - ordered[0] or abs(middle) or 1.0
    low = max(quantile(ordered, 0.02), middle - 2 * spread)
    high = min(max([ordered[-1], *ours]), top + spread)
    if not low < high:
        low, high = middle - spread, middle + spread
    low, high = low - 0.01 * (high - low), high + 0.01 * (high - low)
    return (low, high) if math.isfinite(high - low) and low < high else None


def _counts(ordered: Sequence[float], low: float, high: float) -> tuple[int, ...]:
    if not ordered:
        return ()
    edges = [low + (high - low) * i / BINS for i in range(1, BINS)]
    first, last = bisect_left(ordered, low), bisect_right(ordered, high)
    places = [first, *(bisect_right(ordered, edge) for edge in edges), last]
    return tuple(after - before for before, after in pairwise(places))


def _track(made: Board, record: AttemptRecord) -> Track | None:
    """From the first valid snapshot on; what was invalid for a while is passed over."""
    if not record.snapshots:
        return None
    points = [(each.elapsed / 3600, made.position(each.score)) for each in record.snapshots if each.score is not None]
    if record.score is not None and record.seconds is not None:
        points.append((record.seconds / 3600, made.position(record.score)))
    points.sort()
    return Track(record.outcome, tuple(points)) if points else None


def _course(tracks: Sequence[Track]) -> tuple[tuple[float, float, float, float], ...]:
    longest = max(track.points[-1][0] for track in tracks)
    times = [[hours for hours, _ in track.points] for track in tracks]
    made = []
    for mark in range(_MARKS + 1):
        hours = longest * mark / _MARKS
        reached = [bisect_right(each, hours) for each in times]
        places = sorted(track.points[i - 1][1] for track, i in zip(tracks, reached, strict=True) if i)
        if places:
            made.append((hours, quantile(places, 0.25), quantile(places, 0.5), quantile(places, 0.75)))
    return tuple(made)
