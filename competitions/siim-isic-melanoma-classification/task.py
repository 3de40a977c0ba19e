"""SIIM-ISIC Melanoma Classification: is a skin lesion malignant? Graded by ROC AUC."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.metrics.roc_auc import roc_auc
from pytest_mlebench.preparing.placing import link_as, link_each
from pytest_mlebench.preparing.tables import read_csv, write_csv
from pytest_mlebench.preparing.tfrecords import bytes_feature, records

TEST_FILES = ["train00-2071.tfrec", "train06-2071.tfrec"]
KNOWN = ["image_name", "patient_id", "sex", "age_approx", "anatom_site_general_challenge"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out the images in two of the TFRecord files."""
    held_out = {
        bytes_feature(record, "image_name").decode()
        for name in TEST_FILES
        for record in records(raw / "tfrecords" / name)
    }
    table = read_csv(raw / "train.csv")
    in_test = table["image_name"].isin(held_out)
    train, test = table[~in_test], table[in_test]
    write_csv(train, public / "train.csv")
    write_csv(test[KNOWN], public / "test.csv")
    write_csv(test[["image_name"]].assign(target=0), public / "sample_submission.csv")
    write_csv(test[["image_name", "target"]], private / "test.csv")
    # These files may hold the labels too; as in the published data, they are handed out unchanged.
    files = sorted((raw / "tfrecords").glob("train*.tfrec"))
    for part, rows in (("train", train), ("test", test)):
        link_each(rows["image_name"] + ".dcm", raw / "train", public / part)
        link_each(rows["image_name"] + ".jpg", raw / "jpeg" / "train", public / "jpeg" / part)
        paths = [path for path in files if (path.name in TEST_FILES) == (part == "test")]
        # The second piece of a name is the number of records.
        names = [(path.name, f"{part}{n:02}-{path.stem.split('-')[1]}.tfrec") for n, path in enumerate(paths)]
        link_as(names, raw / "tfrecords", public / "tfrecords")


def prepare_fixed(raw: Path, public: Path, private: Path) -> None:
    """As `prepare`, without the TFRecord files of the test part, whose pictures are in jpeg/test/ too."""
    prepare(raw, public, private)
    for path in list((public / "tfrecords").glob("test*.tfrec")):
        path.unlink()


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Area under the ROC curve of the probabilities."""
    require_columns(submission, ["image_name", "target"])
    submission = align(submission, answers, "image_name")
    return roc_auc(answers["target"].to_numpy(), probabilities(submission["target"]))
