"""Angles between directions in space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["mean_angular_error"]


def mean_angular_error(
    azimuth: NDArray[np.number],
    zenith: NDArray[np.number],
    predicted_azimuth: NDArray[np.number],
    predicted_zenith: NDArray[np.number],
) -> float:
    """The mean angle between true and predicted directions, from 0 (best) to pi.

    All are in radians, of shape (rows,), rows > 0; any finite angle will do. Right answers score a few 1e-9 at
    worst, since arccos loses digits near 1. Raises ValueError where the shapes differ.
    """
    if len({angle.shape for angle in (azimuth, zenith, predicted_azimuth, predicted_zenith)}) != 1 or not azimuth.size:
        raise ValueError("there must be as many of each of the four angles, and at least one")
    # The scalar product of the two unit vectors.
    cosine = np.sin(zenith) * np.sin(predicted_zenith) * (
        np.cos(azimuth) * np.cos(predicted_azimuth) + np.sin(azimuth) * np.sin(predicted_azimuth)
    ) + np.cos(zenith) * np.cos(predicted_zenith)
    return float(np.mean(np.abs(np.arccos(np.clip(cosine, -1, 1)))))
