"""Quantiles of few numbers, without a library that takes longer to load than this takes to work."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["median", "quantile"]


def quantile(ordered: Sequence[float], share: float) -> float:
    """The value below which `share` (0-1) of the ascending, non-empty numbers lie, interpolated linearly."""
    place = share * (len(ordered) - 1)
    before = int(place)
    after = min(before + 1, len(ordered) - 1)
    return ordered[before] + (place - before) * (ordered[after] - ordered[before])


def median(ordered: Sequence[float]) -> float:
    """The middle of ascending, non-empty numbers."""
    return quantile(ordered, 0.5)
