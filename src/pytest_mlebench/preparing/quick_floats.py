"""Decimal numbers as older pandas read them, a last digit off, where published data were made that way."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.preparing.tables import read_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["quick_floats", "read_quick_csv"]

_DIGITS = 17
_POWERS = np.array([float(f"1e{n}") for n in range(309)])


def read_quick_csv(path: Path) -> pd.DataFrame:
    """A CSV as pandas before 3.1 read it by default: what is a decimal number comes from `quick_floats`."""
    table = read_csv(path)
    decimal = [str(name) for name in table if table[name].dtype.kind == "f"]
    if decimal:
        texts = read_csv(path, usecols=decimal, dtype=str)
        for name in decimal:
            table[name] = quick_floats(texts[name].fillna(""))
    return table


def quick_floats(texts: Iterable[str]) -> NDArray[np.float64]:
    """What pandas before 3.1 makes of numbers in a CSV by default; NaN where a text is empty.

    It takes the first 17 digits as a float, digit by digit, and multiplies or divides once by a power of ten, so that
    a long number may come out a unit in the last place off: ``precise_xstrtod`` of
    https://github.com/pandas-dev/pandas/blob/v2.2.0/pandas/_libs/src/parser/tokenizer.c
    Raises ValueError where a text is no number.
    """
    cells = list(texts)
    exact = np.array([float(text) if text else np.nan for text in cells], dtype=np.float64)
    finite = np.isfinite(exact)
    parts = [text.lower().partition("e") if known else ("", "", "") for text, known in zip(cells, finite, strict=True)]
    exponent = np.array([int(tail or 0) for _, _, tail in parts], dtype=np.int64)
    heads = np.array([head.encode() for head, _, _ in parts], dtype=bytes)
    number = np.zeros(len(cells))
    count = np.zeros(len(cells), dtype=np.int64)
    behind_point = np.zeros(len(cells), dtype=bool)
    for character in heads.view(np.uint8).reshape(len(cells), -1).T if cells else []:
        digit = (character >= ord("0")) & (character <= ord("9"))
        used = digit & (count < _DIGITS)
        number = np.where(used, number * 10 + (character - float(ord("0"))), number)
        count += used
        exponent += (digit & ~used & ~behind_point).astype(np.int64) - (used & behind_point)
        behind_point |= character == ord(".")
    # What no power of ten in this range can do takes a second division.
    number /= _POWERS[np.clip(-308 - exponent, 0, 308)]
    power = _POWERS[np.clip(np.abs(exponent), 0, 308)]
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.where(exponent > 308, np.inf, np.where(exponent > 0, number * power, number / power))
    return np.where(finite, np.copysign(scaled, exact), exact)
