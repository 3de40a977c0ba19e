"""Metadata of images in the style of COCO: one object, whose lists ``annotations`` and ``images`` run in parallel."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.json_files import write_json
from pytest_mlebench.preparing.placing import link_as
from pytest_mlebench.preparing.splitting import train_test_each

__all__ = ["Pair", "numbered", "place_images", "train_test_pairs", "with_pairs", "write_metadata"]

Pair = tuple[dict[str, Any], dict[str, Any]]
"""An annotation, which has a ``category_id``, and the image it is of, which has a ``file_name``."""


def train_test_pairs(
    metadata: dict[str, Any], test_size: float, *, image_id: str = "id", shuffled_from: int = 5
) -> tuple[list[Pair], list[Pair]]:
    """The pairs of `metadata` for train, category after category, and those for test, in random order.

    Categories are divided as in `splitting.train_test_each`. `image_id` is the key of an image's id. Raises
    HarnessError where annotations and images do not belong together one by one.
    """
    annotations, images = metadata["annotations"], metadata["images"]
    if [annotation["image_id"] for annotation in annotations] != [image[image_id] for image in images]:
        raise HarnessError("the lists of annotations and images differ: is the metadata file the published one?")
    categories = (annotation["category_id"] for annotation in annotations)
    pairs = zip(annotations, images, strict=True)
    train, test = train_test_each(pairs, categories, test_size, shuffled_from=shuffled_from)
    random.Random(0).shuffle(test)
    return train, test


def numbered(pairs: Sequence[Pair], file_name: Callable[[int], str], *, image_id: str = "id") -> list[Pair]:
    """The pairs with images that are numbered from 0: their id is the number as a text, and their file named by it."""
    return [
        (
            {**annotation, "image_id": str(number)},
            {**image, image_id: str(number), "file_name": file_name(number)},
        )
        for number, (annotation, image) in enumerate(pairs)
    ]


def with_pairs(metadata: dict[str, Any], pairs: Sequence[Pair]) -> dict[str, Any]:
    """`metadata` with the annotations and images of `pairs` in place of its own."""
    return {**metadata, "annotations": [pair[0] for pair in pairs], "images": [pair[1] for pair in pairs]}


def write_metadata(metadata: object, path: Path) -> None:
    """Write a JSON file as the published ones are: indented by 4, keys sorted."""
    write_json(metadata, path, indent=4, sort_keys=True)


def place_images(pairs: Sequence[Pair], source: Path, target: Path, named: Sequence[Pair] | None = None) -> None:
    """Link the file of each image below the folder `source` into the folder `target`.

    They keep their names, or get those in the pairs `named`, as long as `pairs`. Raises as `placing.link_as`.
    """
    names = zip(pairs, pairs if named is None else named, strict=True)
    link_as(((old["file_name"], new["file_name"]) for (_, old), (_, new) in names), source, target)
