"""Boxes in images: how far two overlap, and which prediction finds which object."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["box_iou", "greedy_matches"]


def box_iou(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes row by row, in [0, 1], shape (rows,).

    Both hold corners ``x_min, y_min, x_max, y_max``, shape (rows, 4). It is 0 for boxes that only touch, that have no
    area or a maximum below the minimum, and for coordinates that are not numbers.
    """
    with np.errstate(all="ignore"):
        sides = np.maximum(np.minimum(a[:, 2:], b[:, 2:]) - np.maximum(a[:, :2], b[:, :2]), 0)
        common = sides[:, 0] * sides[:, 1]
        areas = [(box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1]) for box in (a, b)]
        union = areas[0] + areas[1] - common
        return np.where(union > 0, common / union, 0.0)


def greedy_matches(prediction: NDArray[np.integer], truth: NDArray[np.integer], iou: NDArray[np.float64]) -> list[int]:
    """Places of the pairs that match, where each prediction in turn takes the free object that it overlaps most.

    Pairs that overlap enough have the rank of a prediction, which is 0 for the first to choose, the number of an object
    and their overlap, each of shape (pairs,). Of equal overlaps the object of the lowest number is taken.
    """
    matches: list[int] = []
    done: set[int] = set()
    taken: set[int] = set()
    for place in np.lexsort([truth, -iou, prediction]).tolist():
        rank, number = int(prediction[place]), int(truth[place])
        if rank not in done and number not in taken:
            done.add(rank)
            taken.add(number)
            matches.append(place)
    return matches
