"""Putting the rows of a table too large for memory into another order."""

from __future__ import annotations

import pickle
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

import numpy as np
import pandas as pd

from pytest_mlebench.preparing.counting import counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["reordered"]


def reordered(
    chunks: Iterable[pd.DataFrame], place: NDArray[np.integer], scratch: Path, rows: int = 200_000
) -> Iterator[pd.DataFrame]:
    """The rows of the tables `chunks` in another order, as tables of `rows` rows each; no more are held in memory.

    Row i of all chunks together, counted from 0, goes to ``place[i]``; the places are 0, 1, 2, ... in any order, and
    are the index of the tables. Until then rows wait in nameless files on the disk of the folder `scratch`. Raises
    ValueError where there are not as many rows as places, and OSError as the disk does.
    """
    done = 0
    with ExitStack() as stack:
        files: list[IO[bytes]] = [
            stack.enter_context(tempfile.TemporaryFile(dir=scratch)) for _ in range(-(-len(place) // rows))
        ]
        for chunk in chunks:
            target = place[done : done + len(chunk)]
            done += len(chunk)
            chunk = chunk.set_axis(target)
            for number in np.unique(target // rows):
                pickle.dump(chunk[target // rows == number], files[number], pickle.HIGHEST_PROTOCOL)
        if done != len(place):
            raise ValueError(f"{done} rows for {len(place)} places")
        for file in counted(files, "putting rows in order"):
            yield pd.concat(_pickled(file)).sort_index()
            file.truncate(0)


def _pickled(file: IO[bytes]) -> Iterator[pd.DataFrame]:
    end = file.tell()
    file.seek(0)
    while file.tell() < end:
        yield pickle.load(file)
