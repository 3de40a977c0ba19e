"""Kendall's tau: how far predicted orders agree with true ones, pair by pair."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Hashable, Sequence

__all__ = ["inversions", "kendall_tau"]


def inversions(places: Sequence[int]) -> int:
    """How many pairs stand the wrong way round; that many swaps of neighbours are needed to sort `places`."""
    count = 0
    before: list[int] = []
    for place in places:
        count += len(before) - bisect_right(before, place)
        insort(before, place)
    return count


def kendall_tau(truth: Sequence[Sequence[Hashable]], prediction: Sequence[Sequence[Hashable]]) -> float:
    """``1 - 4 * inversions / sum(n * (n - 1))`` over all lists together; 1 is best, -1 has all lists reversed.

    Each list of `prediction` holds the n different items of that in `truth`, in another order (Kendall 1938). Long
    lists weigh more. Raises ValueError where the items differ, and where no list has two of them.
    """
    wrong = pairs = 0
    for right, given in zip(truth, prediction, strict=True):
        place = {item: n for n, item in enumerate(given)}
        if len(right) != len(given) or place.keys() != set(right) or len(place) != len(right):
            raise ValueError("a predicted list must hold the items of the true one, each once")
        wrong += inversions([place[item] for item in right])
        pairs += len(right) * (len(right) - 1)
    if not pairs:
        raise ValueError("no list has two items")
    return 1 - 4 * wrong / pairs
