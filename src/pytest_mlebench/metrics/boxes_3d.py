"""Upright boxes in space, turned about the vertical axis; overlaps need shapely."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pytest_mlebench.extras import load

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["box_iou_3d", "ground_corners"]


def ground_corners(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The corners of each box as seen from above, in turn, shape (boxes, 4, 2).

    Boxes hold ``center_x, center_y, center_z, width, length, height, yaw``, shape (boxes, 7); a yaw of 0 points the
    length along the x axis. The angle goes through a quaternion, as is usual for such data.
    """
    x, y, _, width, length, _, yaw = boxes.T
    real, imaginary = np.cos(yaw / 2), np.sin(yaw / 2)
    c, s = real * real - imaginary * imaginary, 2 * real * imaginary
    along, across = np.array([1, 1, -1, -1])[:, None] * length / 2, np.array([-1, 1, 1, -1])[:, None] * width / 2
    return np.stack([x + along * c - across * s, y + along * s + across * c], axis=-1).transpose(1, 0, 2)


def box_iou_3d(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Intersection over union of boxes row by row, in [0, 1], shape (rows,); boxes as in `ground_corners`, not empty.

    Infinitely high boxes overlap nothing. Raises HarnessError where shapely is not installed.
    """
    shapely = load("shapely")
    iou = np.zeros(len(a))
    distance = np.hypot(*(a[:, :2] - b[:, :2]).T)
    near = np.flatnonzero(distance <= (np.hypot(*a[:, 3:5].T) + np.hypot(*b[:, 3:5].T)) / 2)
    a, b = a[near], b[near]
    with np.errstate(divide="ignore", invalid="ignore"):
        ground = shapely.area(
            shapely.intersection(shapely.polygons(ground_corners(a)), shapely.polygons(ground_corners(b)))
        )
        top = np.minimum(a[:, 2] + a[:, 5] / 2, b[:, 2] + b[:, 5] / 2)
        bottom = np.maximum(a[:, 2] - a[:, 5] / 2, b[:, 2] - b[:, 5] / 2)
        common = np.fmax(top - bottom, 0) * ground
    iou[near] = np.clip(common / (a[:, 3:6].prod(axis=1) + b[:, 3:6].prod(axis=1) - common), 0, 1)
    return iou
