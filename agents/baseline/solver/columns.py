"""Features of table columns: numbers, categories, composite codes, dates; texts are told apart."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

__all__ = ["Features", "features_of", "is_text"]

_SEPARATORS = ("/", "_", "-", ":", "|", " ")
_MOST_CATEGORIES = 40


class Features:
    """Features of train and test rows together: numbers and categories by name, all of the same length."""

    def __init__(self) -> None:
        self.numbers: dict[str, np.ndarray] = {}
        """Floats, NaN where missing."""
        self.categories: dict[str, pd.Series] = {}
        """Texts, None where missing."""
        self.notes: list[str] = []
        """What has been recognised, for the log."""

    def trees(self) -> np.ndarray:
        """Shape (rows, features): numbers as they are, categories by frequency order; missing far below all others."""
        columns = [np.where(np.isnan(values), _below(values), values) for values in self.numbers.values()]
        columns += [_codes(values) for values in self.categories.values()]
        return np.column_stack(columns) if columns else np.empty((0, 0))

    def linear(self) -> np.ndarray:
        """Shape (rows, features): numbers standardised, long tails by their logarithm, categories one-hot."""
        columns: list[np.ndarray] = []
        for values in self.numbers.values():
            missing = np.isnan(values)
            filled = np.where(missing, np.nanmedian(values), values)
            if filled.min() >= 0 and _skew(filled) > 2:
                filled = np.log1p(filled)
            columns.append(_standard(filled))
            if 0.005 < missing.mean() < 0.995:
                columns.append(_standard(missing.astype(float)))
        for texts in self.categories.values():
            frequent = texts.value_counts().index[:_MOST_CATEGORIES]
            columns += [_standard((texts == value).to_numpy(dtype=float)) for value in frequent]
        return np.column_stack(columns) if columns else np.empty((0, 0))


def is_text(values: pd.Series) -> bool:
    """Whether a column holds prose: several words in most cells, and mostly different ones."""
    cells = values.dropna()
    if pd.api.types.is_numeric_dtype(cells) or pd.api.types.is_bool_dtype(cells) or not len(cells):
        return False
    some = cells.astype(str).sample(min(500, len(cells)), random_state=0)
    words = some.str.count(r"\s+") + 1
    return bool(words.median() >= 4 and some.nunique() > 0.3 * len(some))


def features_of(train: pd.DataFrame, test: pd.DataFrame, columns: list[str], id_column: str) -> Features:
    """Features of the given columns, of train rows followed by test rows; texts are left out."""
    features = Features()
    for column in columns:
        values = pd.concat([train[column], test[column]], ignore_index=True)
        if column == id_column:
            _group_features(features, column, values)
        elif not is_text(values):
            _add(features, column, values)
    _row_features(features)
    return features


def _add(features: Features, name: str, values: pd.Series, depth: int = 0) -> None:
    """Add the features of one column under its name."""
    texts = values.astype(object).where(values.notna(), None)
    lower = texts.map(lambda cell: cell if cell is None else str(cell).strip().lower())
    present = lower.dropna()
    if not len(present) or present.nunique() < 2:
        return
    if present.isin(["true", "false"]).all():
        features.numbers[name] = lower.map({"true": 1.0, "false": 0.0}).to_numpy(dtype=float)
        return
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    if np.isfinite(numbers).sum() >= 0.98 * len(present):
        features.numbers[name] = np.where(np.isfinite(numbers), numbers, np.nan)
        return
    if _is_date(present):
        dates = pd.to_datetime(lower, errors="coerce", format="mixed", utc=True)
        seconds = (dates - pd.Timestamp("1970-01-01", tz="UTC")).dt.total_seconds()
        for part, of_date in (
            ("time", seconds),
            ("month", dates.dt.month),
            ("day", dates.dt.day_of_week),
            ("hour", dates.dt.hour),
        ):
            if of_date.nunique() > 1:
                features.numbers[f"{name} {part}"] = of_date.to_numpy(dtype=float)
        features.notes.append(f"{name} holds dates")
        return
    parts = _parts(present) if depth == 0 and present.nunique() > _MOST_CATEGORIES else None
    if parts is not None:
        separator, count = parts
        split = lower.str.split(separator, regex=False)
        for number in range(count):
            piece = split.map(lambda cell, n=number: cell[n] if isinstance(cell, list) and len(cell) == count else None)
            _add(features, f"{name} part {number + 1}", piece, depth + 1)
        features.notes.append(f"{name} is made of {count} parts with {separator!r}")
        return
    frequency = lower.map(lower.value_counts())
    if present.nunique() <= max(_MOST_CATEGORIES, len(values) // 20):
        features.categories[name] = lower
    if present.nunique() > 10:
        features.numbers[f"{name} frequency"] = frequency.to_numpy(dtype=float)


def _group_features(features: Features, name: str, values: pd.Series) -> None:
    """Of an id that is made of parts, e.g. group and member: how many rows share a part. Plain ids say nothing."""
    texts = values.astype(str)
    parts = _parts(texts)
    if parts is None:
        return
    separator, count = parts
    split = texts.str.split(separator, expand=True, regex=False)
    for number in range(count):
        sizes = split[number].map(split[number].value_counts())
        if split[number].nunique() > 1 and sizes.nunique() > 1:
            features.numbers[f"{name} rows with part {number + 1}"] = sizes.to_numpy(dtype=float)
            if sizes.median() > len(values) / 50:
                _add(features, f"{name} part {number + 1}", split[number], 1)
    features.notes.append(f"{name} is made of {count} parts with {separator!r}")


def _row_features(features: Features) -> None:
    """Sum and number of zeros over amounts: columns without negatives, many of them zero."""
    amounts = [
        name
        for name, values in features.numbers.items()
        if np.nanmin(values) >= 0 and 0.2 < np.nanmean(values == 0) < 0.98 and np.nanmax(values) > 2
    ]
    if len(amounts) >= 3:
        table = np.column_stack([features.numbers[name] for name in amounts])
        features.numbers["sum of amounts"] = np.nansum(table, axis=1)
        features.numbers["zeros among amounts"] = (table == 0).sum(axis=1).astype(float)
        features.notes.append(f"amounts: {', '.join(amounts)}")


def _parts(present: pd.Series) -> tuple[str, int] | None:
    """The separator and the number of parts of composite values such as A/12/S; None where they are not."""
    some = present.sample(min(1000, len(present)), random_state=0)
    for separator in _SEPARATORS:
        counts = some.str.count(re.escape(separator)) + 1
        common = int(counts.mode()[0])
        if 2 <= common <= 8 and (counts == common).mean() > 0.95:
            return separator, common
    return None


def _is_date(present: pd.Series) -> bool:
    some = present.sample(min(200, len(present)), random_state=0)
    shape = some.str.match(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{1,2}:\d{2}")
    return bool(shape.mean() > 0.95)


def _below(values: np.ndarray) -> float:
    low = np.nanmin(values)
    return float(low - 1 - abs(low))


def _codes(texts: pd.Series) -> np.ndarray:
    order = {value: number for number, value in enumerate(texts.value_counts().index)}
    return texts.map(order).fillna(-1).to_numpy(dtype=float)


def _standard(values: np.ndarray) -> np.ndarray:
    spread = values.std()
    return (values - values.mean()) / spread if spread > 0 else values * 0.0


def _skew(values: np.ndarray) -> float:
    return float((_standard(values) ** 3).mean())
