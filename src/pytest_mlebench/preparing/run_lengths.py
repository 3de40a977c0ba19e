"""Masks as run-length texts, for answers that are published as images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["encode_run_lengths"]


def encode_run_lengths(mask: NDArray[np.bool_]) -> str:
    """The set pixels of a mask, shape (pixels,), as pairs ``start length``, starts counted from 1; else ``""``.

    Flatten an image in the order in which its pixels are numbered: ``image.T.ravel()`` goes down the columns.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask, [False]]).astype(np.int8))) + 1
    edges[1::2] -= edges[0::2]
    return " ".join(map(str, edges.tolist()))
