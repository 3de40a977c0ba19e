"""Cells of a submission as numbers, probabilities or texts, or a refusal that quotes the cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.submission import printable

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["numbers", "probabilities", "rows_sum_to_one", "texts"]


def numbers(cells: pd.DataFrame | pd.Series) -> NDArray[np.float64]:
    """A column, or a table of columns, as float64 of the same shape; True and False count as 1 and 0.

    Refuses text, empty cells, not-a-number and infinity.
    """
    table = cells.to_frame() if isinstance(cells, pd.Series) else cells
    for name, column in table.items():
        if not pd.api.types.is_numeric_dtype(column):
            # Read as text or as a mixture; a cell that is no number tells best what is wrong.
            odd = pd.to_numeric(column, errors="coerce").isna()
            raise InvalidSubmissionError(f"column {_name(name)} must hold numbers{_first(column, odd.to_numpy())}")
    values: NDArray[np.float64] = cells.to_numpy(dtype=np.float64)
    _refuse(table, ~np.isfinite(values), "must hold finite numbers in every row")
    return values


def probabilities(cells: pd.DataFrame | pd.Series) -> NDArray[np.float64]:
    """`numbers` between 0 and 1, both included; refuses others."""
    values = numbers(cells)
    table = cells.to_frame() if isinstance(cells, pd.Series) else cells
    _refuse(table, (values < 0) | (values > 1), "must hold probabilities, from 0 to 1")
    return values


def rows_sum_to_one(values: NDArray[np.float64]) -> None:
    """Refuse a table, shape (rows, classes), with a row whose sum is further than about 1e-5 from 1.

    As `numpy.isclose(sums, 1, atol=1e-6)` has it.
    """
    sums = values.sum(axis=1)
    wrong = ~np.isclose(sums, 1, atol=1e-6)
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
