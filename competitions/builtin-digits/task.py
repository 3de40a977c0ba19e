"""Handwritten digits: which digit does a small grey image show?"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def make_raw(raw: Path) -> None:
    """Write labels.csv and images/<id>.png from the 1797 images of 8 x 8 pixels that scikit-learn ships."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits
    from sklearn.utils import shuffle

    pixels, labels = shuffle(*load_digits(return_X_y=True), random_state=1797)
    names = [f"{number:04d}.png" for number in range(len(labels))]
    (raw / "images").mkdir()
    for name, image in zip(names, pixels, strict=True):
        grey = (image.reshape(8, 8).astype(np.int64) * 255 // 16).astype(np.uint8)
        Image.fromarray(grey).save(raw / "images" / name)
    write_csv(pd.DataFrame({"image": names, "label": labels.astype(int)}), raw / "labels.csv")


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 70 % of the images; they are put into train/ and test/."""
    train, test = train_test(read_csv(raw / "labels.csv"), test_size=0.7, random_state=3)
    for folder, part in (("train", train), ("test", test)):
        link_each(part["image"], raw / "images", public / folder)
    write_csv(train, public / "train.csv")
    write_csv(test, private / "test.csv")
    write_csv(test[["image"]], public / "test.csv")
    write_csv(test[["image"]].assign(label=0), public / "sample_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Share of right digits."""
    require_columns(submission, ["image", "label"])
    submission = align(submission, answers, "image")
    return accuracy(answers["label"], submission["label"])
