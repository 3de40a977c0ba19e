"""VinBigData Chest X-ray: which abnormalities does an X-ray show, and where? Boxes, graded by average precision."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns, same_ids
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.average_precision import interpolated_precision
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

NO_FINDING = 14
BOX = ["x_min", "y_min", "x_max", "y_max"]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the images; the truth is the box of the first reader for each image and class."""
    boxes = read_csv(raw / "train.csv")
    train, test = train_test(boxes["image_id"].unique().tolist(), test_size=0.1)
    for part, ids in (("train", train), ("test", test)):
        link_each([f"{image}.dicom" for image in ids], raw / "train", public / part)
    first = boxes[boxes["image_id"].isin(test)].groupby(["image_id", "class_id"]).first().reset_index()
    answers = first.assign(**first[BOX].fillna(0.0))
    answers.loc[answers["class_id"] == NO_FINDING, ["x_max", "y_max"]] = 1.0
    parts = answers[["class_id", *BOX]].itertuples(index=False, name=None)
    gold = answers[["image_id"]].assign(
        PredictionString=[f"{label} 1.0 {' '.join(map(str, box))}" for label, *box in parts]
    )
    write_csv(boxes[boxes["image_id"].isin(train)], public / "train.csv")
    sample = pd.DataFrame({"image_id": test, "PredictionString": f"{NO_FINDING} 1 0 0 1 1"})
    write_csv(sample, public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")
    write_csv(gold.groupby("image_id")["PredictionString"].agg(" ".join).reset_index(), private / "gold_submission.csv")


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over classes of the average precision at an overlap of 0.4."""
    require_columns(submission, ["PredictionString", "image_id"])
    same_ids(submission, answers, "image_id")
    images, labels = (pd.Index(answers[column].unique()) for column in ("image_id", "class_id"))
    truth = answers[BOX].assign(image=images.get_indexer(answers["image_id"]), label=answers["class_id"])
    truth = truth.sort_values("image", kind="stable").assign(true_number=np.arange(len(truth)))
    given = _predictions(submission, images.get_indexer(submission["image_id"]))
    # All predictions of known classes by falling confidence, of each class and image the best hundred.
    given = given[given["label"].isin(labels)]
    given = given.iloc[np.lexsort([given["image"], -given["confidence"]])]
    given = given[given.groupby(["label", "image"]).cumcount() < 100]
    rows = given.merge(truth, how="left", on=["label", "image"], suffixes=("", "_true"))
    overlap = _overlaps(rows[BOX], rows[[f"{name}_true" for name in BOX]])
    near = rows["true_number"].notna() & ~(overlap < 0.4)
    # As in the published grader, boxes count from 0 and number 0 is taken for none: the first predicted one leaves its
    # match to others, and the first true one is never found.
    takes = (near & (rows["number"] != 0)).astype(int)
    taken = takes.groupby([rows["label"], rows["image"]]).cumsum() - takes
    hit = near & (taken == 0) & (rows["true_number"] != 0)
    area = (rows["x_max"] - rows["x_min"]) * (rows["y_max"] - rows["y_min"])
    kept = hit | ~((area < 0) | (area > 1e10))
    counts = truth["label"].value_counts()
    hits = [hit[kept & (rows["label"] == label)].to_numpy() for label in counts.index]
    return float(np.mean(list(map(interpolated_precision, hits, counts))))


def _overlaps(a: pd.DataFrame, b: pd.DataFrame) -> np.ndarray:
    """Intersection over union of boxes, row by row."""
    # As in the published grader, corners are taken for width and height.
    (ax, ay, aw, ah), (bx, by, bw, bh) = a.to_numpy().T, b.to_numpy().T
    width = np.fmin(ax + aw, bx + bw) - np.fmax(ax, bx)
    height = np.fmin(ay + ah, by + bh) - np.fmax(ay, by)
    common = width * height
    return np.where((width <= 0) | (height <= 0), 0, common / (aw * ah + bw * bh - common))


def _predictions(submission: pd.DataFrame, images: np.ndarray) -> pd.DataFrame:
    """The predicted boxes in the order given, with their numbers and those of their images."""
    values: list[float] = []
    counts = []
    for text in texts(submission["PredictionString"]):
        try:
            # As in the published grader, two blanks in a row have an empty field between them.
            fields = [float(field) for field in text.split(" ")]
        except ValueError:
            fields = []
        if not fields or len(fields) % 6 or not np.isfinite(fields[0::6]).all():
            raise InvalidSubmissionError(
                f"the prediction {printable(repr(text), 60)} must be groups of six numbers, "
                "'class confidence x_min y_min x_max y_max', with single blanks between them"
            )
        values += fields
        counts.append(len(fields) // 6)
    table = np.array(values, dtype=np.float64).reshape(-1, 6)
    return pd.DataFrame(
        {"number": np.arange(len(table)), "image": np.repeat(images, counts), "label": np.trunc(table[:, 0])}
    ).assign(confidence=table[:, 1], **dict(zip(BOX, table[:, 2:].T, strict=True)))
