"""SIIM-FISABIO-RSNA COVID-19: what do chest X-rays show, and where? Boxes and labels, graded by average precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns, same_length
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.average_precision import average_precision
from pytest_mlebench.metrics.boxes import box_iou, greedy_matches
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

KINDS = {
    "Negative for Pneumonia": "negative",
    "Typical Appearance": "typical",
    "Indeterminate Appearance": "indeterminate",
    "Atypical Appearance": "atypical",
}
BOX = ["x_min", "y_min", "x_max", "y_max"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the studies, with all their images."""
    images = read_csv(raw / "train_image_level.csv").sort_values("id")
    study = images["StudyInstanceUID"].astype(str) + "_study"
    train, test = (
        part.sort_values("id") for part in train_test(read_csv(raw / "train_study_level.csv"), test_size=0.1)
    )
    if not study.isin([*train["id"], *test["id"]]).all():
        raise HarnessError(f"{raw}: the tables of studies and of images do not belong together: download them again")
    for folder, part in (("train", train), ("test", test)):
        for name in part["id"].str.removesuffix("_study"):
            link_tree(raw / "train" / name, public / folder / name)
    test_images = images[study.isin(test["id"])]
    kinds = np.array(list(KINDS.values()))[test[list(KINDS)].to_numpy().argmax(axis=1)]
    answers = pd.DataFrame(
        {
            "id": [*test["id"], *test_images["id"]],
            "PredictionString": [*(f"{kind} 1 0 0 1 1" for kind in kinds), *test_images["label"]],
        }
    )
    guesses = ["negative 1 0 0 1 1"] * len(test) + ["none 1 0 0 1 1"] * len(test_images)
    write_csv(train, public / "train_study_level.csv")
    write_csv(images[study.isin(train["id"])], public / "train_image_level.csv")
    write_csv(answers.assign(PredictionString=guesses), public / "sample_submission.csv")
    write_csv(answers, private / "test.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over classes of the average precision; a prediction is right if it overlaps an object by more than half."""
    same_length(submission, answers)
    require_columns(submission, ["id", "PredictionString"])
    predicted = _boxes(texts(align(submission, answers, "id")["PredictionString"]))
    truth = _boxes(texts(answers["PredictionString"]))
    labels = sorted(set(truth["label"]))
    predicted = predicted[predicted["label"].isin(labels)]
    if not np.isfinite(predicted["confidence"]).all():
        raise InvalidSubmissionError("column 'PredictionString' holds a confidence that is no finite number")
    return float(
        np.mean(
            [
                _average_precision(truth[truth["label"] == label], predicted[predicted["label"] == label], len(answers))
                for label in labels
            ]
        )
    )


def _boxes(strings: list[str]) -> pd.DataFrame:
    """The boxes of all rows: number of the row, label, confidence and corners."""
    rows: list[int] = []
    labels: list[str] = []
    values: list[list[float]] = []
    for row, text in enumerate(strings):
        fields = text.split()
        try:
            values += [[float(field) for field in fields[n + 1 : n + 6]] for n in range(0, len(fields), 6)]
            broken = not text or len(fields) % 6 > 0
        except ValueError:
            broken = True
        if broken:
            shown = printable(repr(text), 60)
            raise InvalidSubmissionError(
                f"the prediction {shown} must be groups 'class confidence xmin ymin xmax ymax'"
            )
        labels += fields[0::6]
        rows += [row] * (len(fields) // 6)
    numbers = pd.DataFrame(np.array(values, dtype=np.float64).reshape(-1, 5), columns=["confidence", *BOX])
    return numbers.assign(row=np.array(rows, dtype=np.int64), label=labels)


def _average_precision(truth: pd.DataFrame, predicted: pd.DataFrame, rows: int) -> float:
    predicted = predicted.sort_values("confidence", ascending=False, kind="stable")
    predicted = predicted.assign(rank=np.arange(len(predicted)))
    pairs = predicted.merge(truth.assign(number=np.arange(len(truth))), on="row", suffixes=("", "_true"))
    iou = box_iou(pairs[BOX].to_numpy(), pairs[[f"{name}_true" for name in BOX]].to_numpy())
    near = iou > 0.5
    rank = pairs["rank"].to_numpy()[near]
    found = greedy_matches(rank, pairs["number"].to_numpy()[near], iou[near])
    hit = np.zeros(len(predicted))
    hit[rank[found]] = 1
    # As in the published grader, a missed object counts as found with confidence 0, and so does a row with neither
    # object nor prediction as a wrong prediction.
    missed = len(truth) - len(found)
    empty = rows - len(set(truth["row"]) | set(predicted["row"]))
    hits = np.concatenate([hit, np.ones(missed), np.zeros(empty)])
    if hits.all():
        raise InvalidSubmissionError("the score is not defined for a submission without any wrong or absent prediction")
    return average_precision(hits, np.concatenate([predicted["confidence"].to_numpy(), np.zeros(missed + empty)]))
