from __future__ import annotations

import json
import random

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.annotated_images import (
    numbered,
    place_images,
    train_test_pairs,
    with_pairs,
    write_metadata,
)
from pytest_mlebench.preparing.splitting import train_test_each


def metadata_of(categories, image_id="id"):
    annotations = [{"image_id": n, "category_id": category} for n, category in enumerate(categories)]
    images = [{image_id: n, "file_name": f"{n % 2}/{n}.jpg", "license": 1} for n in range(len(categories))]
    return {"images": images, "annotations": annotations, "info": "é"}


@pytest.mark.parametrize("image_id", ["id", "image_id"])
def test_pairs_are_divided_category_by_category_and_test_is_shuffled(image_id):
    categories = [1] * 9 + [2] + [3] * 4
    metadata = metadata_of(categories, image_id)
    train, test = train_test_pairs(metadata, 0.2, image_id=image_id)
    drawn = train_test_each(range(14), categories, 0.2)
    random.Random(0).shuffle(drawn[1])
    for part, expected in zip((train, test), drawn, strict=True):
        assert [annotation["image_id"] for annotation, _ in part] == expected
        assert all(annotation["image_id"] == image[image_id] for annotation, image in part)


def test_annotations_and_images_must_belong_together():
    metadata = metadata_of([1, 2, 3])
    for images in (metadata["images"][::-1], metadata["images"][:2]):
        with pytest.raises(HarnessError, match="the lists of annotations and images differ"):
            train_test_pairs({**metadata, "images": images}, 0.2)


def test_metadata_get_the_lists_of_a_part_and_keep_the_rest(tmp_path):
    metadata = metadata_of([1, 2, 3])
    pairs = list(zip(metadata["annotations"], metadata["images"], strict=True))[2:0:-1]
    part = with_pairs(metadata, pairs)
    assert part == {"images": metadata["images"][2:0:-1], "annotations": metadata["annotations"][2:0:-1], "info": "é"}
    write_metadata(part, tmp_path / "new" / "metadata.json")
    assert (tmp_path / "new" / "metadata.json").read_text() == json.dumps(part, indent=4, sort_keys=True)


def test_images_are_numbered_and_placed_under_their_new_names(tmp_path):
    metadata = metadata_of([1, 2, 3], "key")
    pairs = list(zip(metadata["annotations"], metadata["images"], strict=True))[::-1]
    new = numbered(pairs, lambda n: f"x/{n:03d}.jpg", image_id="key")
    assert new[1] == (
        {"image_id": "1", "category_id": 2},
        {"key": "1", "file_name": "x/001.jpg", "license": 1},
    )
    assert pairs[1][1]["key"] == 1
    for _, image in pairs:
        path = tmp_path / "raw" / image["file_name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    place_images(pairs, tmp_path / "raw", tmp_path / "same")
    place_images(pairs, tmp_path / "raw", tmp_path / "new", new)
    assert (tmp_path / "same" / "0" / "2.jpg").read_text() == "2.jpg"
    assert (tmp_path / "new" / "x" / "000.jpg").read_text() == "2.jpg"
    with pytest.raises(HarnessError, match="there is no file"):
        place_images(new, tmp_path / "raw", tmp_path / "other")
