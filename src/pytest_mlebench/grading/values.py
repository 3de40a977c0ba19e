"""Cells of a submission as numbers, probabilities or texts, or a refusal that quotes the cell."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.submission import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "integers",
    "labels",
    "numbers",
    "probabilities",
    "rows_sum_to_one",
    "strings",
    "texts",
    "word_sets",
]


def numbers(cells: pd.DataFrame | pd.Series, *, finite: bool = True, cast: bool = False) -> NDArray[np.float64]:
    """A column, or a table of columns, as float64 of the same shape; True and False count as 1 and 0.

    Refuses text and, unless `finite` is False, empty cells, not-a-number and infinity. With `cast`, a column that
    pandas takes for text counts if Python's ``float`` can read each of its cells, ``1_000`` for one.
    """
    if cast:
        cells = cells.apply(_cast) if isinstance(cells, pd.DataFrame) else _cast(cells)
    table = cells.to_frame() if isinstance(cells, pd.Series) else cells
    for name, column in table.items():
        if not pd.api.types.is_numeric_dtype(column):
            # Read as text or as a mixture; a cell that is no number tells best what is wrong.
            read = pd.to_numeric(column, errors="coerce")
            if read.isna().any() or read.dtype.kind not in "biuf":
                odd = read.isna().to_numpy()
                raise InvalidSubmissionError(f"column {_name(name)} must hold numbers{_first(column, odd)}")
            # Whole numbers too large for 64 bits keep pandas from seeing that all are numbers.
            table = table.assign(**{str(name): read})
    values: NDArray[np.float64] = (table if isinstance(cells, pd.DataFrame) else table.iloc[:, 0]).to_numpy(np.float64)
    if finite:
        _refuse(table, ~np.isfinite(values), "must hold finite numbers in every row")
    return values


def _cast(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            return column.astype(object).astype(float)
    return column


def probabilities(cells: pd.DataFrame | pd.Series) -> NDArray[np.float64]:
    """`numbers` between 0 and 1, both included; refuses others."""
    values = numbers(cells)
    table = cells.to_frame() if isinstance(cells, pd.Series) else cells
    _refuse(table, (values < 0) | (values > 1), "must hold probabilities, from 0 to 1")
    return values


def rows_sum_to_one(values: NDArray[np.float64], decimals: int | None = None) -> None:
    """Refuse a table, shape (rows, classes), with a row whose sum is further than about 1e-5 from 1.

    As `numpy.isclose(sums, 1, atol=1e-6)` has it; or, if `decimals` is given, one that is not 1 rounded to so many.
    """
    sums = values.sum(axis=1)
    wrong = ~np.isclose(sums, 1, atol=1e-6) if decimals is None else np.round(sums, decimals) != 1
    if wrong.any():
        raise InvalidSubmissionError(
            f"the probabilities of each row must sum to 1: {wrong.sum()} of {len(sums)} rows do not, "
            f"one sums to {sums[wrong][0]:.6g}"
        )


def texts(column: pd.Series) -> list[str]:
    """The cells of a column as text, an empty cell as ``""``; refuses a column that pandas reads as other than text."""
    cells = column.astype(object).where(column.notna(), "")
    odd = [not isinstance(cell, str) for cell in cells]
    if any(odd):
        raise InvalidSubmissionError(f"column {_name(column.name)} must hold text{_first(column, np.array(odd))}")
    return cells.tolist()


def strings(column: pd.Series) -> list[str]:
    """The cells of a column as Python prints them: an empty cell is ``"nan"``, a number what pandas read it as.

    That is what ``astype(str)`` of the published graders gives; nothing is refused.
    """
    return [str(cell) for cell in column.astype(object).tolist()]


def word_sets(column: pd.Series) -> list[set[str]]:
    """The different blank-separated words in each cell, none for an empty cell; refuses as `texts`."""
    return [set(text.split()) for text in texts(column)]


def labels(column: pd.Series) -> NDArray[np.int64]:
    """A column of whole numbers, however written, as int64; refuses text, empty cells, fractions and infinity.

    Floats beyond an int64 are refused, as scikit-learn refuses them; larger integers become the largest int64: no
    answer is as large, so they are wrong either way.
    """
    values = numbers(column)
    _refuse(column.to_frame(), values != np.floor(values), "must hold whole numbers")
    if column.dtype.kind == "f":
        _refuse_beyond_64_bits(column, values)
        return values.astype(np.int64)
    if column.dtype.kind == "u":
        return np.asarray(np.minimum(column.to_numpy(np.uint64), np.iinfo(np.int64).max), dtype=np.int64)
    return np.asarray(column, dtype=np.int64)


def _refuse_beyond_64_bits(column: pd.Series, values: NDArray[np.float64]) -> None:
    _refuse(column.to_frame(), (values >= 2.0**63) | (values < -(2.0**63)), "must hold numbers of at most 64 bits")


def integers(column: pd.Series) -> NDArray[np.int64]:
    """Each cell as Python's ``int`` makes it: fractions are cut off towards zero, True is 1, the text ``" 7"`` is 7.

    Refuses what ``int`` does: other text, empty cells, infinity; and beyond 64 bits, as scikit-learn does.
    """
    if column.dtype.kind == "f":
        values = np.trunc(numbers(column))
        _refuse_beyond_64_bits(column, values)
        return values.astype(np.int64)
    if pd.api.types.is_numeric_dtype(column):
        _refuse_beyond_64_bits(column, numbers(column))
        return labels(column)
    found = [_integer(cell) for cell in column.astype(object).tolist()]
    _refuse(column.to_frame(), np.array([number is None for number in found], dtype=bool), "must hold whole numbers")
    return np.array(found, dtype=np.int64)


def _integer(cell: object) -> int | None:
    try:
        number = int(cell)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
    return number if -(2**63) <= number < 2**63 else None


def _refuse(table: pd.DataFrame, wrong: NDArray[np.bool_], rule: str) -> None:
    wrong = wrong.reshape(len(table), -1)
    for name, column in zip(table.columns, wrong.T, strict=True):
        if column.any():
            raise InvalidSubmissionError(f"column {_name(name)} {rule}{_first(table[name], column)}")


def _first(column: pd.Series, wrong: NDArray[np.bool_]) -> str:
    found = column[wrong]
    if found.empty:
        return ""
    cell = found.iloc[0]
    shown = "an empty cell" if pd.isna(cell) else printable(repr(cell) if isinstance(cell, str) else str(cell), 60)
    return f": {len(found)} of {len(column)} rows do not, the first holds {shown}"


def _name(name: object) -> str:
    return printable(repr(str(name)), 60)
