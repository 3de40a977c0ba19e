"""pass@k: how probable it is that at least one of k attempts succeeds, estimated without bias from n attempts.

Source: Chen et al. 2021, "Evaluating Large Language Models Trained on Code" (arXiv:2107.03374), section 2.1.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

__all__ = ["mean_pass_at_k", "pass_at_k"]


def pass_at_k(n: int, c: int, k: int) -> float:
    """The unbiased estimate ``1 - C(n - c, k) / C(n, k)`` in [0, 1], from c successes among n attempts.

    It is the share of the k-element subsets of the attempts that hold a success. Integers are divided once, at the
    end, so the result is the float nearest to the exact value. Raises ValueError unless 0 <= c <= n and 1 <= k <= n,
    TypeError for what is not an integer.
    """
    n, c, k = operator.index(n), operator.index(c), operator.index(k)
    _check(n, c, k)
    if k > n:
        raise ValueError(f"pass@{k} needs at least {k} attempts, there are {n}")
    subsets = math.comb(n, k)
    return (subsets - math.comb(n - c, k)) / subsets


def mean_pass_at_k(counts: Iterable[tuple[int, int]], k: int) -> float:
    """The mean of `pass_at_k` over competitions, each given as (n attempts, c successes).

    A competition with fewer than k attempts has no estimate and is left out, as it is neither a success nor a failure;
    not-a-number where none is left. Raises ValueError unless 0 <= c <= n and k >= 1.
    """
    estimates = []
    for n, c in counts:
        _check(n, c, k)
        if n >= k:
            estimates.append(pass_at_k(n, c, k))
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
    return math.fsum(estimates) / len(estimates) if estimates else math.nan


def _check(n: int, c: int, k: int) -> None:
    if n < 0:
        raise ValueError(f"the number of attempts cannot be negative: {n}")
    if not 0 <= c <= n:
        raise ValueError(f"the number of successes must be from 0 to the number of attempts ({n}), not {c}")
    if k < 1:
        raise ValueError(f"k must be at least 1, not {k}")
