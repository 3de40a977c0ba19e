"""Reading and writing CSV files as the published data were read and written."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path
from typing import IO, Any

import pandas as pd

__all__ = ["read_csv", "write_csv"]


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


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write `table` without its index, in pandas' default format, and make the folders that `path` needs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table.to_csv(path, index=False)
