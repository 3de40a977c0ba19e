"""Mean average precision of short ranked lists."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

__all__ = ["average_precision_at", "map_at"]

# Rows that are worked on together: enough for numpy to be quick, few enough for their words to fit into memory.
_ROWS = 100_000


def average_precision_at(k: int, truth: Sequence[str], guesses: Sequence[str]) -> np.ndarray:
    """For each row the average precision of its first `k` guesses, best first; 1 is best. Shape (rows,).

    Both hold a text for each row, whose words are separated by single blanks: two blanks make an empty word. It is
    ``sum(hits so far / rank) / min(words of truth, k)`` over the ranks of right guesses, where only different words
    of the truth count, and a guess that stood before earns nothing and takes its rank. Raises ValueError where the
    lengths differ.
    """
    if len(truth) != len(guesses):
        raise ValueError(f"{len(truth)} rows of truth, {len(guesses)} of guesses")
    parts = [
        _average_precision(k, truth[first : first + _ROWS], guesses[first : first + _ROWS])
        for first in range(0, len(truth), _ROWS)
    ]
    return np.concatenate([np.empty(0), *parts])


def map_at(k: int, truth: Sequence[str], guesses: Sequence[str]) -> float:
    """The mean over rows of `average_precision_at`; raises ValueError as that does, or where there is no row."""
    if not truth:
        raise ValueError("there is no row")
    return float(average_precision_at(k, truth, guesses).mean())


def _average_precision(k: int, truth: Sequence[str], guesses: Sequence[str]) -> np.ndarray:
    (true_row, true_words), (row, words) = _words(truth), _words(guesses)
    codes, known = pd.factorize(np.array(true_words + words, dtype=object))
    wanted = np.unique(true_row * len(known) + codes[: len(true_words)])
    rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
    early = rank <= k
    key, row, rank = (row * len(known) + codes[len(true_words) :])[early], row[early], rank[early]
    # The place of each different guess of a row where it stands first; row and rank only grow along the places.
    first = np.sort(np.unique(key, return_index=True)[1])
    hit = first[np.isin(key[first], wanted, assume_unique=True)]
    row, rank = row[hit], rank[hit]
    hits = np.arange(len(row)) - np.searchsorted(row, row) + 1
    sizes = np.bincount(wanted // len(known), minlength=len(truth))
    return np.bincount(row, weights=hits / rank, minlength=len(truth)) / np.minimum(sizes, k)


def _words(texts: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """The words of all texts one after the other, and for each the row it is of."""
    counts = np.fromiter((text.count(" ") + 1 for text in texts), np.int64, len(texts))
    return np.repeat(np.arange(len(texts)), counts), " ".join(texts).split(" ")
