"""Features of images: pixels of tiny ones; of others directions of edges, colours and a thumbnail."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

__all__ = ["load", "shifted", "tiny_size", "views_of"]

_TINY = 32
_SIDE = 64
_CELL = 8


def tiny_size(paths: list[Path]) -> tuple[int, int] | None:
    """The size (w, h) that images (judged by the first few) share, where it is at most 32 x 32 pixels; else None."""
    sizes = set()
    for path in paths[:20]:
        with Image.open(path) as image:
            sizes.add(image.size)
    size = next(iter(sizes))
    return size if len(sizes) == 1 and max(size) <= _TINY else None


def load(path: Path, size: tuple[int, int] | None) -> np.ndarray:
    """An image in 0..1: grey (h, w) of the given size, or without one RGB (64, 64, 3); black where it is broken."""
    try:
        with Image.open(path) as image:
            if size is not None:
                grey = image.convert("L")
                return np.asarray(grey if grey.size == size else grey.resize(size), dtype=np.float32) / 255
            image.draft("RGB", (2 * _SIDE, 2 * _SIDE))
            small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
            return np.asarray(small, dtype=np.float32) / 255
    except (OSError, ValueError, SyntaxError):
        return np.zeros((size[1], size[0]) if size else (_SIDE, _SIDE, 3), dtype=np.float32)


def views_of(train: list[Path], test: list[Path], left: float) -> tuple[dict[str, Any], int]:
    """Views of images, train followed by test, and how many train images are in them (fewer when time is short).

    ``pixels`` (rows, h * w) where they are tiny, else ``shapes`` (rows, features); {} where not even test can be read
    within `left` seconds.
    """
    size = tiny_size(test)
    started = time.monotonic()
    probe = test[:20]
    for path in probe:
        _vector(path, size)
    each = (time.monotonic() - started) / len(probe)
    affordable = int(left / max(each, 1e-6)) - len(test)
    if affordable < min(len(train), 50):
        return {}, 0
    used = train[:affordable]
    vectors = np.stack([_vector(path, size) for path in [*used, *test]])
    return ({"pixels": vectors} if size else {"shapes": _scaled(vectors)}), len(used)


def shifted(pixels: np.ndarray) -> list[np.ndarray]:
    """Copies of tiny square images, shape (n, side * side), moved by one pixel in four directions."""
    side = round(pixels.shape[1] ** 0.5)
    if side * side != pixels.shape[1]:
        return []
    images = np.pad(pixels.reshape(-1, side, side), ((0, 0), (1, 1), (1, 1)))
    moves = ((0, 1), (2, 1), (1, 0), (1, 2))
    return [images[:, row : row + side, column : column + side].reshape(pixels.shape) for row, column in moves]


def _vector(path: Path, size: tuple[int, int] | None) -> np.ndarray:
    image = load(path, size)
    return image.ravel() if size else np.concatenate([_edges(image.mean(axis=2)), _colours(image), _thumbnail(image)])


def _edges(grey: np.ndarray) -> np.ndarray:
    """Histograms of 9 edge directions in cells of 8 x 8 pixels, normalised over blocks of 2 x 2 cells."""
    down, right = np.gradient(grey)
    strength, direction = np.hypot(down, right), np.arctan2(down, right) % np.pi
    bins = np.minimum((direction / np.pi * 9).astype(int), 8)
    cells = _SIDE // _CELL
    rows, columns = np.indices(grey.shape) // _CELL
    flat = np.bincount(((rows * cells + columns) * 9 + bins).ravel(), strength.ravel(), cells * cells * 9)
    histograms = flat.reshape(cells, cells, 9)
    blocks = [histograms[i : cells - 1 + i, j : cells - 1 + j] for i in (0, 1) for j in (0, 1)]
    block = np.concatenate(blocks, axis=2)
    normal = block / (np.linalg.norm(block, axis=2, keepdims=True) + 0.1)
    # Half of the overlapping blocks cover the image once.
    return np.concatenate([normal.reshape(-1, 36).mean(axis=0), normal[::2, ::2].ravel()])


def _colours(image: np.ndarray) -> np.ndarray:
    """Shares of 16 brightness steps in each channel, their means and spreads."""
    shares = [np.bincount((image[..., c].ravel() * 15.99).astype(int), minlength=16) for c in range(3)]
    pixels = image.reshape(-1, 3)
    return np.concatenate([np.concatenate(shares) / len(pixels), pixels.mean(axis=0), pixels.std(axis=0)])


def _thumbnail(image: np.ndarray) -> np.ndarray:
    """The image at 8 x 8 pixels."""
    small: np.ndarray = image.reshape(_CELL, _SIDE // _CELL, _CELL, _SIDE // _CELL, 3).mean(axis=(1, 3))
    return small.ravel()


def _scaled(vectors: np.ndarray) -> np.ndarray:
    spread = vectors.std(axis=0)
    kept = spread > 1e-6
    result: np.ndarray = (vectors[:, kept] - vectors[:, kept].mean(axis=0)) / spread[kept]
    return result
