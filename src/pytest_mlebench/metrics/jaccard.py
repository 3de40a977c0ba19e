"""Jaccard similarity of texts as sets of words."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

__all__ = ["word_jaccard"]


def word_jaccard(truth: Sequence[str], prediction: Sequence[str]) -> float:
    """Mean over rows of ``|A & B| / |A | B|``, A and B the different lower-cased words of a row's texts; 1 is best.

    Words are what any Unicode blank separates, punctuation included; two texts without words score 0. Raises
    ValueError where the lengths differ or there is no row.
    """
    if len(truth) != len(prediction) or not truth:
        raise ValueError(f"{len(truth)} texts of truth, {len(prediction)} of predictions")
    shares = []
    for right, given in zip(truth, prediction, strict=True):
        a, b = set(right.lower().split()), set(given.lower().split())
        shares.append(len(a & b) / max(len(a | b), 1))
    return float(np.mean(shares))
