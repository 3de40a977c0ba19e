"""How certain an average over competitions is: intervals by bootstrap, the same each time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["DRAWS", "LEVEL", "Interval", "mean_intervals"]

DRAWS = 10_000
LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """A mean over competitions, and where it would lie with other competitions like these."""

    mean: float
    low: float
    high: float


def mean_intervals(
    columns: Sequence[Sequence[float]], *, draws: int = DRAWS, level: float = LEVEL, seed: int = 0
) -> list[Interval]:
    """The mean of each column and its interval; a column has one number for each competition, in the same order.

    Competitions are drawn with replacement, whole: an attempt says less of an agent than a competition does, because
    attempts of one competition resemble each other. All columns share the draws, so that curves stay curves. The
    interval spans the middle `level` of the draws' means (the percentile method). Equal arguments give equal results.
    Raises ValueError where the columns are not of one length above zero, or hold what is not finite.
    """
    if not columns:
        return []
    number = len(columns[0])
    if number == 0 or any(len(column) != number for column in columns):
        raise ValueError("each column needs one number for each competition")
    if not all(math.isfinite(value) for column in columns for value in column):
        raise ValueError("only finite numbers have a mean")
    import numpy as np

    values = np.asarray(columns, dtype=np.float64)
    generator = np.random.Generator(np.random.PCG64(seed))
    # How often each competition is drawn is all that a mean depends on: one product of matrices does the rest.
    times = generator.multinomial(number, np.full(number, 1 / number), size=draws)
    means = values @ times.T.astype(np.float64) / number
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2], axis=1)
    return [
        # Sums in another order differ in their last digits; the mean lies in its interval all the same.
        Interval(mean, min(float(a), mean), max(float(b), mean))
        for mean, a, b in zip([math.fsum(column) / number for column in columns], low, high, strict=True)
    ]
