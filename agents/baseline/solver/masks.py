"""Segmentation by run lengths: no mask, the usual mask, or pixels classified by their surroundings."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from scipy import ndimage
from sklearn.ensemble import HistGradientBoostingClassifier

from .recognition import Task
from .workplace import Workplace

__all__ = ["decode", "draw", "encode"]

_MOST_IMAGES = 600
_PIXELS_PER_IMAGE = 300


def decode(runs: object, height: int, width: int) -> np.ndarray:
    """The mask, shape (height, width), of run lengths: pairs of start (from 1, down the columns) and length."""
    flat = np.zeros(height * width, dtype=bool)
    numbers = [int(number) for number in str(runs).split()] if isinstance(runs, str) else []
    for start, length in np.reshape(numbers, (-1, 2)).astype(int):
        flat[start - 1 : start - 1 + length] = True
    return flat.reshape(width, height).T


def encode(mask: np.ndarray) -> str:
    """The run lengths of a mask, as `decode` reads them; "" where nothing is set."""
    flat = np.concatenate([[0], mask.T.ravel().astype(np.int8), [0]])
    edges = np.flatnonzero(np.diff(flat))
    return " ".join(f"{start + 1} {end - start}" for start, end in edges.reshape(-1, 2))


def draw(task: Task, place: Workplace) -> bool:
    """Hand in masks for the test images, drawn in the way that did best on held-out train images."""
    target = task.targets[0]
    ids = task.train[task.image_column].astype(str) if task.image_column else pd.Series(dtype=str)
    known = task.images.get("train", {})
    usable = task.train[ids.isin(list(known)).to_numpy()] if len(ids) else task.train.head(0)
    if len(usable) < 10 or usable[task.image_column].duplicated().any() or None in map(_size, known.values()):
        place.say("masks, but no single image of one size for each: the sample submission it is")
        return False
    usable = usable.sample(min(_MOST_IMAGES, len(usable)), random_state=place.seed)
    images = [_grey(known[key]) for key in usable[task.image_column].astype(str)]
    height, width = images[0].shape
    if any(image.shape != (height, width) for image in images):
        place.say("masks of images of several sizes: the sample submission it is")
        return False
    masks = [decode(runs, height, width) for runs in usable[target]]
    place.say(f"masks of {height} x {width} pixels; {np.mean([not mask.any() for mask in masks]):.0%} are empty")
    half = len(images) // 2
    usual = np.mean([mask for mask in masks[:half] if mask.any()] or [np.zeros_like(masks[0])], axis=0) > 0.5
    nothing = np.zeros_like(usual)
    ways = {"no mask": (_overlap(masks[half:], [nothing] * len(masks[half:])), 0.5, 0)}
    ways["the usual mask"] = (_overlap(masks[half:], [usual] * len(masks[half:])), 0.5, 0)
    classifier = _train(images[:half], masks[:half], place.seed)
    chances = [_chances(classifier, image) for image in images[half:]]
    for threshold in (0.3, 0.5, 0.7):
        for least in (0, height * width // 100, height * width // 20):
            drawn = [_cut(chance, threshold, least) for chance in chances]
            ways[f"pixels above {threshold}, at least {least}"] = (_overlap(masks[half:], drawn), threshold, least)
    best, (score, threshold, least) = max(ways.items(), key=lambda way: way[1][0])
    for way, (value, _, _) in ways.items():
        place.say(f"{way:34} overlap {value:.4f}")
    place.say(f"best: {best}, overlap {score:.4f}")
    if best.startswith("pixels"):
        classifier = _train(images, masks, place.seed)
    runs = []
    for key in task.test[task.image_column].astype(str):
        if best.startswith("pixels"):
            runs.append(encode(_cut(_chances(classifier, _grey(task.images["test"][key])), threshold, least)))
        else:
            runs.append(encode(usual if best == "the usual mask" else nothing))
    return place.hand_in(task.sample.assign(**{target: runs}))


def _overlap(masks: list[np.ndarray], drawn: list[np.ndarray]) -> float:
    """Mean over images of intersection by union; 1 where both are empty."""
    values = []
    for number, mask in enumerate(masks):
        union = (mask | drawn[number]).sum()
        values.append((mask & drawn[number]).sum() / union if union else 1.0)
    return float(np.mean(values))


def _cut(chance: np.ndarray, threshold: float, least: int) -> np.ndarray:
    mask: np.ndarray = chance > threshold
    return mask if mask.sum() >= least else np.zeros_like(mask)


def _train(images: list[np.ndarray], masks: list[np.ndarray], seed: int) -> HistGradientBoostingClassifier:
    """A classifier of pixels, from some of each image."""
    random = np.random.default_rng(seed)
    rows, labels = [], []
    for number, image in enumerate(images):
        some = random.integers(0, image.size, _PIXELS_PER_IMAGE)
        rows.append(_surroundings(image)[some])
        labels.append(masks[number].ravel()[some])
    truth = np.concatenate(labels)
    if truth.all() or not truth.any():
        truth[0] = not truth[0]  # one class alone cannot be trained on
    return HistGradientBoostingClassifier(max_iter=60, random_state=seed).fit(np.concatenate(rows), truth)


def _chances(classifier: HistGradientBoostingClassifier, image: np.ndarray) -> np.ndarray:
    """The chance of each pixel, shape of the image, smoothed."""
    chance = classifier.predict_proba(_surroundings(image))[:, 1].reshape(image.shape)
    result: np.ndarray = ndimage.gaussian_filter(chance, 1.5)
    return result


def _surroundings(image: np.ndarray) -> np.ndarray:
    """Features of each pixel, shape (pixels, features): its own grey, and that of ever wider surroundings."""
    layers = [image]
    for width in (1.0, 2.5, 6.0, 12.0):
        smooth = ndimage.gaussian_filter(image, width)
        rough = np.sqrt(np.maximum(ndimage.gaussian_filter(image**2, width) - smooth**2, 0))
        layers += [smooth, rough]
    layers += [ndimage.gaussian_gradient_magnitude(image, width) for width in (1.0, 4.0)]
    rows, columns = np.indices(image.shape)
    layers += [rows / image.shape[0], columns / image.shape[1], np.full_like(image, image.mean())]
    return np.stack([layer.ravel() for layer in layers], axis=1)


def _grey(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"), dtype=np.float64) / 255


def _size(path: Path) -> tuple[int, int] | None:
    try:
        with Image.open(path) as image:
            return image.size
    except OSError:
        return None
