"""Distances on the surface of the Earth, taken as a sphere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EARTH_RADIUS", "haversine"]

EARTH_RADIUS = 6_371_000.0
"""In metres."""


def haversine(
    latitude: NDArray[np.number],
    longitude: NDArray[np.number],
    other_latitude: NDArray[np.number],
    other_longitude: NDArray[np.number],
) -> NDArray[np.float64]:
    """Metres along the great circle between places, given in degrees; all have one shape, as has the result.

    ``2 r arcsin(sqrt(sin((b2 - b1) / 2)^2 + cos(b1) cos(b2) sin((l2 - l1) / 2)^2))`` with latitudes b and longitudes
    l. Numbers that are not finite give NaN. Raises ValueError where the shapes differ.
    """
    if len({angle.shape for angle in (latitude, longitude, other_latitude, other_longitude)}) != 1:
        raise ValueError("the coordinates must have one shape")
    angles = (latitude, longitude, other_latitude, other_longitude)
    north, east, other_north, other_east = (np.radians(angle.astype(np.float64)) for angle in angles)
    chord = (
        np.sin((north - other_north) / 2) ** 2
        + np.cos(other_north) * np.cos(north) * np.sin((east - other_east) / 2) ** 2
    )
    return np.asarray(2 * EARTH_RADIUS * np.arcsin(np.sqrt(chord)))
