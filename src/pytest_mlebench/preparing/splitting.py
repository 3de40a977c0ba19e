"""Dividing data into train and test parts, as scikit-learn's train_test_split draws them."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["train_test", "train_test_by", "train_test_each", "train_test_groups"]

Rows = TypeVar("Rows")
T = TypeVar("T")


def train_test(rows: Rows, test_size: float, **options: Any) -> tuple[Rows, Rows]:
    """Train and test part of `rows` (a table, a list, an array), shuffled, as train_test_split gives them.

    `test_size` is a share (a float) or a count (an int); `options` (``stratify``, ``random_state``...) are passed on,
    ``random_state`` is 0 unless given.
    """
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(rows, test_size=test_size, **{"random_state": 0, **options})
    return train, test


def train_test_by(
    table: pd.DataFrame, column: str, test_size: float, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `table` in their order, divided by whether their value in `column` is drawn for test.

    What is drawn are the different values, in the order in which they occur first; `test_size` and `options` as in
    `train_test`. No value is in both parts.
    """
    _, test = train_test(table[column].drop_duplicates().to_numpy(), test_size, **options)
    drawn = table[column].isin(test)
    return table[~drawn], table[drawn]


def train_test_groups(
    table: pd.DataFrame, column: str, test_size: float, **options: Any
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows of `table` group after group: groups have equal values in `column`, are sorted by it, and then shuffled.

    Within a group rows keep their order. `test_size` and `options` as in `train_test`.
    """
    values = np.unique(table[column].to_numpy())
    group = np.searchsorted(values, table[column].to_numpy())
    train, test = train_test(np.arange(len(values)), test_size, **options)
    place = np.empty(len(values), dtype=np.intp)
    place[train], place[test] = np.arange(len(train)), len(train) + np.arange(len(test))
    order = np.argsort(place[group], kind="stable")
    count = int(np.isin(group, train).sum())
    return table.iloc[order[:count]], table.iloc[order[count:]]


def train_test_each(
    items: Iterable[T], keys: Iterable[Hashable], test_size: float, *, shuffled_from: int = 5
) -> tuple[list[T], list[T]]:
    """Items divided class by class, so that every class of two or more is in both parts.

    `keys` gives each item's class. Classes are in the order of their first item. One with at least `shuffled_from`
    items is divided as in `train_test`; of a smaller one the last ``max(1, int(test_size * n))`` go to test, and the
    only item of a class goes to train.
    """
    classes: dict[Hashable, list[T]] = {}
    for item, key in zip(items, keys, strict=True):
        classes.setdefault(key, []).append(item)
    train: list[T] = []
    test: list[T] = []
    for members in classes.values():
        if len(members) >= shuffled_from:
            drawn: tuple[Sequence[T], Sequence[T]] = train_test(members, test_size)
        else:
            kept = len(members) - max(1, int(test_size * len(members))) if len(members) > 1 else 1
            drawn = members[:kept], members[kept:]
        train += drawn[0]
        test += drawn[1]
    return train, test
