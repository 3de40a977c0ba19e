"""Exact tests of whether paired differences are more than chance: nothing is sampled, nothing is approximated."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction

__all__ = ["sign_flip_p", "sign_p", "smallest_sign_flip_p"]


def sign_flip_p(differences: Iterable[int]) -> float:
    """The two-sided p value, in (0, 1], of paired differences, each a whole number of a common unit.

    Where neither side is better, each difference could as well have been its negative. The value is the share of all
    2^m ways to choose m signs that give a sum at least as far from zero as the one seen. The ways are counted by the
    sum they give, so the time grows with the number of different sums, not with 2^m: 75 differences of at most 36 take
    about 0.1 s. With differences of -1, 0 and 1 it is McNemar's exact test.
    """
    nonzero = [difference for difference in differences if difference]
    seen = abs(sum(nonzero))
    ways: dict[int, int] = {0: 1}
    for size in nonzero:
        longer = defaultdict[int, int](int)
        for total, number in ways.items():
            longer[total + size] += number
            longer[total - size] += number
        ways = longer
    extreme = sum(number for total, number in ways.items() if abs(total) >= seen)
    return float(Fraction(extreme, 1 << len(nonzero)))


def smallest_sign_flip_p(differences: Iterable[int]) -> float:
    """The smallest p value that so many differences from zero can have: where all of them have one sign."""
    return min(1.0, 2.0 ** (1 - sum(difference != 0 for difference in differences)))


def sign_p(wins: int, losses: int) -> float:
    """The two-sided p value, in (0, 1], of the exact sign test; ties are left out before."""
    number, fewer = wins + losses, min(wins, losses)
    tail = sum(math.comb(number, i) for i in range(fewer + 1))
    return float(min(Fraction(1), Fraction(2 * tail, 1 << number)))
