"""iNaturalist 2019: which of 1010 species is in the photo? Graded by the error of the first guess."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import integers, texts
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.annotated_images import train_test_pairs, with_pairs, write_metadata
from pytest_mlebench.preparing.json_files import read_json
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.tables import write_csv
from pytest_mlebench.preparing.tars import divide_tar

TRAIN_IMAGES, TEST_IMAGES = "train_val2019", "test2019"


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out 12 % of the training images of each species; images go to two tar archives, uncompressed."""
    metadata = read_json(raw / "train2019.json")
    train, test = train_test_pairs(metadata, test_size=0.12)
    images = [{**image, "file_name": f"{TEST_IMAGES}/{Path(image['file_name']).name}"} for _, image in test]
    write_metadata(with_pairs(metadata, train), public / "train2019.json")
    write_metadata(
        {"images": images, "info": metadata["info"], "licenses": metadata["licenses"]}, public / "test2019.json"
    )
    link_each(["val2019.json"], raw, public)
    in_train = {image["file_name"]: image["file_name"].removeprefix(f"{TRAIN_IMAGES}/") for _, image in train}
    in_test = {image["file_name"]: Path(image["file_name"]).name for _, image in test}
    parts = {public / f"{TRAIN_IMAGES}.tar.gz": in_train, public / f"{TEST_IMAGES}.tar.gz": in_test}
    divide_tar(raw / f"{TRAIN_IMAGES}.tar.gz", parts)
    ids, species = [image["id"] for image in images], [annotation["category_id"] for annotation, _ in test]
    answers = pd.DataFrame({"id": ids, "predicted": species})
    write_csv(answers.assign(predicted=654), public / "kaggle_sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """The share of images whose first guess is wrong; further guesses are not looked at."""
    require_columns(submission, ["id", "predicted"])
    guesses = align(submission, answers, "id")["predicted"]
    # As in the published grader, a whole number read as a float (1.0, or beside an empty cell) is no guess.
    if guesses.dtype.kind == "f":
        raise InvalidSubmissionError("column 'predicted' has decimal numbers or empty cells: write whole numbers")
    if not pd.api.types.is_numeric_dtype(guesses):
        words = [(text.split() or [""])[0] for text in texts(guesses)]
        guesses = pd.Series(words, name="predicted", dtype=object)
    return 1 - accuracy(answers["predicted"], integers(guesses))
