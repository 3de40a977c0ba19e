"""Cassava Leaf Disease Classification: which of four diseases does a plant have, if any? Graded by accuracy."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.placing import link, link_as, link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv
from pytest_mlebench.preparing.tfrecords import bytes_feature, records


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the TFRecord files, and the images in them."""
    files = sorted(path for path in (raw / "train_tfrecords").iterdir() if path.suffix == ".tfrec" and path.is_file())
    train_files, test_files = train_test(files, test_size=0.1)
    held_out = {bytes_feature(record, "image_name").decode() for path in test_files for record in records(path)}
    table = read_csv(raw / "train.csv")
    in_test = table["image_id"].isin(held_out)
    train, test = table[~in_test], table[in_test]
    write_csv(train, public / "train.csv")
    write_csv(test.assign(label=4), public / "sample_submission.csv")
    write_csv(test, private / "test.csv")
    # These files hold the labels too; as in the published data, they are handed out unchanged.
    for part, paths, rows in (("train", train_files, train), ("test", test_files, test)):
        # The second piece of a name is the number of records.
        names = [(path.name, f"ld_{part}{n:02}-{path.stem.split('-')[1]}.tfrec") for n, path in enumerate(paths)]
        link_as(names, raw / "train_tfrecords", public / f"{part}_tfrecords")
        link_each(rows["image_id"], raw / "train_images", public / f"{part}_images")
    link(raw / "label_num_to_disease_map.json", public / "label_num_to_disease_map.json")


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, without the TFRecord files of the test part, whose pictures are in test_images/ too."""
    prepare(raw, public, private)
    shutil.rmtree(public / "test_tfrecords")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Share of right labels; 4.0 is 4, and words are wrong."""
    require_columns(submission, ["label", "image_id"])
    return accuracy(answers["label"], align(submission, answers, "image_id")["label"])
