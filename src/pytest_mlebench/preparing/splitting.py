"""Dividing data into train and test parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["train_test"]

Rows = TypeVar("Rows", "pd.DataFrame", list[str])


def train_test(rows: Rows, test_size: float, **options: Any) -> tuple[Rows, Rows]:
    """Train and test part of `rows`, shuffled, as scikit-learn's train_test_split gives them for ``random_state=0``.

    `test_size` is a share (a float) or a count (an int); `options` (``stratify``, ``random_state``...) are passed on.
    """
    from sklearn.model_selection import train_test_split

    train, test = train_test_split(rows, test_size=test_size, **{"random_state": 0, **options})
    return train, test
