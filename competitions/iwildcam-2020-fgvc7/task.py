"""iWildCam 2020: which animal did a camera trap take at a place unseen in training? Graded by accuracy."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_ids, same_length
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.accuracy import accuracy
from pytest_mlebench.preparing.json_files import read_json, write_json
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import write_csv

if TYPE_CHECKING:
    from numpy.typing import NDArray

TRAIN, TEST = "iwildcam2020_train_annotations.json", "iwildcam2020_test_information.json"
TEST_SIZE = 0.22


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out places with about a quarter of the images."""
    known, unknown = read_json(raw / TRAIN), read_json(raw / TEST)
    images, annotations = _table(known["images"]), _table(known["annotations"])
    drawn = images["location"].isin(_places_for_test(images["location"]))
    is_test = annotations["image_id"].isin(images["id"][drawn])
    train = {"annotations": annotations[~is_test], "images": images[~drawn], "categories": _table(known["categories"])}
    test = {"images": images[drawn], "categories": _table(unknown["categories"])}
    write_json({**_records(train), "info": known["info"]}, public / TRAIN)
    write_json({**_records(test), "info": unknown["info"]}, public / TEST)
    link_each(["iwildcam2020_megadetector_results.json"], raw, public)
    link_each(images["id"][~drawn] + ".jpg", raw / "train", public / "train")
    link_each(images["id"][drawn] + ".jpg", raw / "train", public / "test")
    answers = annotations.loc[is_test, ["image_id", "category_id"]].set_axis(["Id", "Category"], axis="columns")
    guesses = np.random.RandomState(0).randint(0, 676, size=len(answers))
    write_csv(answers.assign(Category=guesses), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Accuracy; an image with two animals has two rows, and both sides are sorted before rows are compared."""
    require_columns(submission, ["Category", "Id"])
    same_length(submission, answers)
    same_ids(submission, answers, "Id")
    given, wanted = (np.array(texts(table["Id"]), dtype=object) for table in (submission, answers))
    # As in the published grader, the sort is not stable: which of an image's two rows comes first is left to it.
    order, right_order = np.argsort(given), np.argsort(wanted)
    if not (given[order] == wanted[right_order]).all():
        raise InvalidSubmissionError("column 'Id' must hold each id as often as the sample submission does")
    return accuracy(answers["Category"].iloc[right_order], submission["Category"].iloc[order])


def _places_for_test(places: pd.Series) -> NDArray[Any]:
    """Places drawn, and then places moved one by one, as the published data were made."""
    train, test = (part.tolist() for part in train_test(places.unique(), test_size=TEST_SIZE))
    images = places.value_counts().to_dict()
    count = sum(images[place] for place in test)
    # The share is of all images and those for test once more, so that it means 28 % of the images.
    while count / (len(places) + count) < TEST_SIZE:
        test.append(train.pop())
        count += images[test[-1]]
    while count / (len(places) + count) > TEST_SIZE:
        train.append(test.pop())
        count -= images[train[-1]]
    return np.array(test)


def _table(records: list[dict[Any, Any]]) -> pd.DataFrame:
    """A table like the published data went through, where numbers that some records lack become floats."""
    table = pd.DataFrame(records)
    for column in table.select_dtypes(exclude="number"):
        # The text columns of newer pandas would not keep None.
        table[column] = pd.Series([record.get(column, float("nan")) for record in records], dtype=object)
    return table


def _records(tables: dict[str, pd.DataFrame]) -> dict[str, Any]:
    return {name: table.to_dict(orient="records") for name, table in tables.items()}
