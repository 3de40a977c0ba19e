"""Reading and writing tables as the published data were read and written."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import pandas as pd

from pytest_mlebench.extras import load

__all__ = ["append_csv", "one_hot", "read_chunks", "read_csv", "read_parquet", "write_csv"]


def read_csv(file: Path | IO[bytes], **options: Any) -> pd.DataFrame:
    """`pandas.read_csv` with its defaults, except that decimal numbers are read exactly; `options` are passed on."""
    # A pandas without this option reads exactly anyway.
    if "float_precision" in inspect.signature(pd.read_csv).parameters:
        options = {"float_precision": "round_trip", **options}
    with warnings.catch_warnings():
        # That the option is superfluous in newer pandas, and columns of mixed types, are nothing to act on.
        warnings.simplefilter("ignore")
        table: pd.DataFrame = pd.read_csv(file, **options)
    return table


def read_chunks(file: Path | IO[bytes], rows: int, **options: Any) -> Iterator[pd.DataFrame]:
    """The table in pieces of `rows` rows, for those too large for memory.

    The types of columns are each piece's own; give `dtype` where they must agree.
    """
    pieces: Any = read_csv(file, chunksize=rows, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield from pieces


def write_csv(table: pd.DataFrame, path: Path, **options: Any) -> None:
    """Write `table` without its index, in pandas' default format, and make the folders that `path` needs.

    `options` of `pandas.DataFrame.to_csv` are passed on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False, **options)


def append_csv(table: pd.DataFrame, path: Path) -> None:
    """`write_csv`, below what `path` holds already, if it is there; all tables given to it have the same columns."""
    write_csv(table, path, mode="a", header=not path.exists())


def read_parquet(path: Path, columns: list[str] | None = None) -> pd.DataFrame:
    """The table in a parquet file, or `columns` of it; raises HarnessError where pyarrow is not installed."""
    load("pyarrow.parquet")
    return pd.read_parquet(path, engine="pyarrow", columns=columns)


def one_hot(labels: pd.Series, classes: Iterable[str]) -> dict[str, pd.Series]:
    """For each class, in order, a column of 1 where the label is it and 0 elsewhere, to make a table of."""
    return {name: (labels == name).astype(int) for name in classes}
