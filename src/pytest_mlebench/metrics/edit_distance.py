"""Levenshtein distance: the fewest insertions, deletions and substitutions that turn one sequence into another."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["edit_distances"]


def edit_distances(a: Sequence[Sequence[Hashable]], b: Sequence[Sequence[Hashable]]) -> NDArray[np.int64]:
    """The distance of each pair ``a[i]``, ``b[i]``, shape (pairs,); 0 where they are equal.

    Texts are compared by Unicode code points, other sequences by their items. Raises ValueError where the lengths
    differ.
    """
    from rapidfuzz.distance import Levenshtein

    if len(a) != len(b):
        raise ValueError(f"{len(a)} sequences and {len(b)}")
    return np.fromiter(map(Levenshtein.distance, a, b), np.int64, len(a))
