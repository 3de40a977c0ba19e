"""The baseline agent tells from files alone what is asked for."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pytest_mlebench.agents.baseline.solver.recognition import class_index, recognise

RANDOM = np.random.default_rng(0)


def table(rows: int, first: int, **columns) -> pd.DataFrame:
    return pd.DataFrame({"id": range(first, first + rows), "x": RANDOM.normal(size=rows), **columns})


def write(folder, train: pd.DataFrame, sample: pd.DataFrame, *targets: str) -> None:
    train.to_csv(folder / "train.csv", index=False)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    table(len(sample), int(sample["id"].iloc[0])).to_csv(folder / "test.csv", index=False)


def classes(values, rows: int = 60):
    return [values[number % len(values)] for number in range(rows)]


@pytest.mark.parametrize(
    ("metric", "values", "shown", "output", "seen"),
    [
        ("accuracy", [False, True], False, "labels", "accuracy"),
        ("accuracy", ["cat", "dog", "eel"], "cat", "labels", "accuracy"),
        ("accuracy", [3, 5, 9], 0, "labels", "accuracy"),
        ("area under the ROC curve", [0, 1], 0.5, "probability", "auc"),
        ("AUC", [0, 1], 0, "probability", "auc"),
        ("log loss", ["no", "yes"], 0.5, "probability", "log loss"),
        ("quadratic weighted kappa", [0, 1, 2, 3], 0, "labels", ""),
        ("the root mean squared error (RMSE)", [1, 2, 3], 0, "numbers", "rmse"),
        ("mean absolute error", [1.5, 2.5, 7.25], 0, "numbers", "mae"),
        ("RMSLE", [100, 2000, 30000], 0, "numbers", "rmsle"),
    ],
)
def test_one_target(metric, values, shown, output, seen, public):
    folder = public(metric)
    write(folder, table(60, 1, target=classes(values)), pd.DataFrame({"id": range(61, 71), "target": shown}))
    task = recognise(folder)
    assert (task.id, task.targets, task.output, task.metric) == ("id", ["target"], output, seen)
    assert task.inputs == ["id", "x"]
    assert (len(task.train), len(task.test)) == (60, 10)
    if output != "numbers":
        assert task.classes == sorted(values)


def test_real_numbers_are_numbers_whatever_the_description_says(public):
    folder = public("the score")
    sample = pd.DataFrame({"id": range(61, 71), "target": 0.0})
    write(folder, table(60, 1, target=RANDOM.normal(size=60)), sample)
    assert recognise(folder).output == "numbers"


@pytest.mark.parametrize("columns", [["A", "B", "C"], ["kind_A", "kind_B", "kind_C"], ["C", "A", "B"]])
def test_columns_of_the_sample_that_are_classes_of_train(columns, public):
    folder = public("multi-class logarithmic loss")
    sample = pd.DataFrame({"id": range(61, 71), **dict.fromkeys(columns, 0.3)})
    write(folder, table(60, 1, kind=classes("ABC")), sample)
    task = recognise(folder)
    assert (task.output, task.label, task.metric) == ("class probabilities", "kind", "log loss")
    assert task.classes == [column[-1] for column in columns]
    assert [task.classes[number] for number in class_index(task)[:3]] == ["A", "B", "C"]


def test_several_columns_of_zero_and_one(public):
    folder = public("mean column-wise AUC")
    sample = pd.DataFrame({"id": range(61, 71), "rude": 0.5, "loud": 0.5})
    write(folder, table(60, 1, rude=classes([0, 1]), loud=classes([1, 1, 0])), sample)
    task = recognise(folder)
    assert (task.output, task.targets, task.metric) == ("probabilities", ["rude", "loud"], "auc")
    write(folder, table(60, 1, rude=classes([0, 1]), loud=classes([1, 0])), sample)
    task = recognise(folder)
    assert task.output == "class probabilities"
    assert list(class_index(task)[:2]) == [1, 0]


def test_test_rows_come_in_the_order_of_the_sample(public):
    folder = public()
    write(folder, table(60, 1, target=classes("ab")), pd.DataFrame({"id": range(61, 71), "target": "a"}))
    test = pd.read_csv(folder / "test.csv")
    test.iloc[::-1].to_csv(folder / "test.csv", index=False)
    assert list(recognise(folder).test["x"]) == pytest.approx(list(test["x"]))


def test_a_target_by_another_name_is_what_test_lacks(public):
    folder = public()
    write(folder, table(60, 1, animal=classes("ab")), pd.DataFrame({"id": range(61, 71), "label": "a"}))
    task = recognise(folder)
    assert (task.output, task.label, task.targets) == ("labels", "label", ["label"])


def images(folder, names, size=(8, 8)):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(RANDOM.integers(0, 255, size, dtype=np.uint8)).save(folder / name)


@pytest.mark.parametrize(("suffix", "column"), [(".png", "image"), ("", "id")])
def test_images_by_name_with_and_without_suffix(suffix, column, public):
    folder = public()
    names = [f"{number:04d}" for number in range(40)]
    images(folder, [f"train/{name}.png" for name in names[:30]] + [f"test/{name}.png" for name in names[30:]])
    train = pd.DataFrame({column: [name + suffix for name in names[:30]], "label": classes("ab", 30)})
    train.to_csv(folder / "labels.csv", index=False)
    sample = pd.DataFrame({column: [name + suffix for name in names[30:]], "label": "a"})
    sample.to_csv(folder / "sample_submission.csv", index=False)
    task = recognise(folder)
    assert (task.output, task.image_column) == ("labels", column)
    # Numbers lose their leading zeros on the way; the images are found all the same.
    assert len(task.images["train"]) == 30
    assert sorted(path.name for path in task.images["test"].values()) == [f"{name}.png" for name in names[30:]]


def test_classes_by_folder(public):
    folder = public()
    images(folder, [f"train/{kind}/{kind}{n}.png" for kind in ("oak", "elm") for n in range(9)])
    images(folder, [f"test/t{n}.png" for n in range(5)])
    pd.DataFrame({"file": [f"t{n}.png" for n in range(5)], "species": "oak"}).to_csv(
        folder / "sample_submission.csv", index=False
    )
    task = recognise(folder)
    assert (task.output, task.classes, len(task.train)) == ("labels", ["elm", "oak"], 18)
    assert len(task.images["train"]) == 18


def test_masks_keep_rows_without_a_pixel(public):
    folder = public("mean precision over thresholds")
    images(folder, [f"{part}/images/{part}{n}.png" for part in ("train", "test") for n in range(12)])
    images(folder, [f"train/masks/train{n}.png" for n in range(12)])
    train = pd.DataFrame({"id": [f"train{n}" for n in range(12)], "rle_mask": classes(["1 3", ""], 12)})
    train.to_csv(folder / "train.csv", index=False)
    pd.DataFrame({"id": [f"test{n}" for n in range(12)], "rle_mask": "1 1"}).to_csv(
        folder / "sample_submission.csv", index=False
    )
    task = recognise(folder)
    assert (task.output, len(task.train)) == ("masks", 12)
    assert task.images["train"]["train0"] == folder / "train/images/train0.png"


def test_what_cannot_be_recognised_is_unknown(public):
    folder = public("something", sample_submission="id,answer\n1,x\n2,y\n", notes="a,b\n1,2\n")
    assert recognise(folder).output == "unknown"


def test_without_a_sample_there_is_nothing_to_go_by(public):
    with pytest.raises(ValueError, match="no sample submission"):
        recognise(public(train="id,x\n1,2\n"))
