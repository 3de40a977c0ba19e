"""Mean average precision of short ranked lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["average_precision_at", "map_at"]


def average_precision_at(k: int, truth: set[str], guesses: Sequence[str]) -> float:
    """Average precision of the first `k` guesses, best first; 1 is best.

    ``sum(hits so far / rank) / min(len(truth), k)`` over the ranks of right guesses; a guess that stood before earns
    nothing and takes its rank. `truth` must not be empty.
    """
    hits, total = 0, 0.0
    seen = set()
    for rank, guess in enumerate(guesses[:k], 1):
        if guess in truth and guess not in seen:
            hits += 1
            total += hits / rank
            seen.add(guess)
    return total / min(len(truth), k)


def map_at(k: int, truth: Sequence[set[str]], guesses: Sequence[Sequence[str]]) -> float:
    """The mean over rows of `average_precision_at` k; raises ValueError where the lengths differ or there is no row."""
    if len(truth) != len(guesses) or not truth:
        raise ValueError(f"{len(truth)} rows of truth, {len(guesses)} of guesses")
    return float(np.mean([average_precision_at(k, *row) for row in zip(truth, guesses, strict=True)]))
