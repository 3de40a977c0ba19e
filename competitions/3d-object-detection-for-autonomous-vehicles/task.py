"""Lyft 3D Object Detection: what is around a self-driving car? Boxes in space, graded by average precision."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import align, require_columns, same_length
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.average_precision import envelope_precision
from pytest_mlebench.metrics.boxes_3d import box_iou_3d, ground_corners
from pytest_mlebench.preparing.json_files import read_json, write_json
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv

PARTS = ("train", "test")
SHARED = ["attribute.json", "category.json", "sensor.json", "visibility.json"]
FILES = {"jpeg": "images", "bin": "lidar"}
BOX = ["center_x", "center_y", "center_z", "width", "length", "height", "yaw"]
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)
Entry = dict[str, Any]


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a fifth of the drives."""

    def table(name: str) -> list[Entry]:
        entries: list[Entry] = read_json(raw / "train_data" / f"{name}.json")
        return entries

    def write(part: str, name: str, entries: list[Entry]) -> None:
        write_json(entries, public / f"{part}_data" / f"{name}.json")

    logs, samples, files = table("log"), table("sample"), table("sample_data")
    drawn: dict[str, list[str]] = dict(
        zip(PARTS, train_test([log["token"] for log in logs], test_size=0.2), strict=True)
    )
    of_log = {token: part for part in PARTS for token in drawn[part]}
    # A scene has the token of its log.
    of_sample = {sample["token"]: of_log[sample["scene_token"]] for sample in samples}
    scenes, (area,) = table("scene"), table("map")
    sensors, poses = ({each["token"]: each for each in table(name)} for name in ("calibrated_sensor", "ego_pose"))
    for part in PARTS:
        own = [file for file in files if of_sample[file["sample_token"]] == part]
        write(part, "log", [log for log in logs if of_log[log["token"]] == part])
        write(part, "sample", [sample for sample in samples if of_sample[sample["token"]] == part])
        write(part, "sample_data", own)
        write(part, "scene", [scene for scene in scenes if of_log[scene["log_token"]] == part])
        used = dict.fromkeys(file["calibrated_sensor_token"] for file in own)
        write(part, "calibrated_sensor", [sensors[token] for token in used])
        write(part, "ego_pose", [poses[file["ego_pose_token"]] for file in own])
        # In the published data both parts have the logs of the test part.
        write(part, "map", [area | {"log_tokens": drawn["test"]}])
        link_each(SHARED, raw / "train_data", public / f"{part}_data")
        link_each(["map_raster_palo_alto.png"], raw / "train_maps", public / f"{part}_maps")
        for kind, folder in FILES.items():
            names = dict.fromkeys(PurePosixPath(file["filename"]).name for file in own if file["fileformat"] == kind)
            link_each(names, raw / f"train_{folder}", public / f"{part}_{folder}")
    del files, poses
    annotations = table("sample_annotation")
    annotations = [each for each in annotations if of_sample[each["sample_token"]] == "train"]
    seen = {each["instance_token"] for each in annotations}
    write("train", "sample_annotation", annotations)
    write("train", "instance", [each for each in table("instance") if each["token"] in seen])

    boxes = read_csv(raw / "train.csv")
    part_of = boxes["Id"].map(of_sample)
    if len(boxes) != len(samples) or part_of.isna().any():
        raise HarnessError(f"{raw / 'train.csv'} and the table of samples do not belong together: download them again")
    test = boxes[part_of == "test"]
    write_csv(boxes[part_of == "train"], public / "train.csv")
    write_csv(test.assign(PredictionString=""), public / "sample_submission.csv")
    answers = [_with_confidence(text) for text in test["PredictionString"]]
    write_csv(test.assign(PredictionString=answers), private / "test.csv")


def _with_confidence(text: str) -> str:
    fields = text.split(" ")
    if len(fields) % 8:
        raise HarnessError(f"train.csv has boxes of {len(fields)} fields, not groups of eight: download it again")
    return " ".join(" ".join(["1.0", *fields[n : n + 8]]) for n in range(0, len(fields), 8))


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Mean over samples, thresholds of the overlap, and classes in a sample, of the average precision."""
    same_length(submission, answers)
    require_columns(submission, ["Id", "PredictionString"])
    predicted = _boxes(texts(align(submission, answers, "Id")["PredictionString"]))
    truth = _boxes(texts(answers["PredictionString"]))
    # As in the published grader, predictions of a class that the sample has not are ignored.
    groups = truth[["sample", "label"]].drop_duplicates()
    groups = groups.assign(group=np.arange(len(groups)), share=1 / groups.groupby("sample")["label"].transform("size"))
    truth, predicted = (boxes.merge(groups, on=["sample", "label"]) for boxes in (truth, predicted))
    _refuse_impossible(predicted[BOX].to_numpy())
    predicted = predicted.sort_values("confidence", ascending=False, kind="stable").reset_index(drop=True)
    best, iou = _best(predicted, truth)
    positives = np.bincount(truth["group"])
    group = predicted["group"].to_numpy()
    scores = [envelope_precision(_hits(best, iou > threshold), group, positives) for threshold in THRESHOLDS]
    return float((np.mean(scores, axis=0) * groups["share"]).sum() / len(answers))


def _boxes(strings: list[str]) -> pd.DataFrame:
    """The boxes of all samples: number of the sample, label, confidence, position, size and angle."""
    samples: list[int] = []
    labels: list[str] = []
    values: list[list[float]] = []
    for sample, text in enumerate(strings):
        # As in the published grader, two blanks in a row have an empty field between them.
        fields = text.split(" ") if text.strip() else []
        try:
            values += [[float(field) for field in fields[n : n + 8]] for n in range(0, len(fields) - 8, 9)]
            broken = len(fields) % 9 > 0
        except ValueError:
            broken = True
        if broken:
            raise InvalidSubmissionError(
                f"the prediction {printable(repr(text), 60)} must be groups of nine, "
                "'confidence center_x center_y center_z width length height yaw class_name', with single blanks between"
            )
        labels += fields[8::9]
        samples += [sample] * (len(fields) // 9)
    numbers = pd.DataFrame(np.array(values, dtype=np.float64).reshape(-1, 8), columns=["confidence", *BOX])
    if np.isinf(numbers["yaw"]).any():
        raise InvalidSubmissionError("column 'PredictionString' holds an infinite yaw")
    return numbers.assign(sample=np.array(samples, dtype=np.int64), label=labels)


def _refuse_impossible(boxes: np.ndarray) -> None:
    a, b, c, d = ground_corners(boxes).transpose(1, 0, 2)
    angles = [((y - x) * (z - x)).sum(axis=1) for x, y, z in ((a, b, d), (b, a, c), (c, b, d), (d, a, c))]
    possible = (boxes[:, 3:6] > 0).all(axis=1) & ~np.isnan(boxes).any(axis=1)
    # As in the published grader, a box so large that its angles are not right after rounding is refused.
    possible &= (np.abs(angles) <= 1e-8).all(axis=0)
    if not possible.all():
        shown = " ".join(f"{value:g}" for value in boxes[possible.argmin()])
        raise InvalidSubmissionError(f"the box '{shown}' must have numbers, positive sizes, and be of this world")


def _best(predicted: pd.DataFrame, truth: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """For each prediction the true box of its sample and class that it overlaps most, and how far."""
    sides = [
        pd.DataFrame({"group": boxes["group"], name: np.arange(len(boxes))})
        for name, boxes in (("predicted", predicted), ("true", truth))
    ]
    pairs = sides[0].merge(sides[1], on="group")
    given, true = pairs["predicted"].to_numpy(), pairs["true"].to_numpy()
    iou = box_iou_3d(predicted[BOX].to_numpy()[given], truth[BOX].to_numpy()[true])
    order = np.lexsort([true, -iou, given])
    _, first = np.unique(given[order], return_index=True)
    return true[order][first], iou[order][first]


def _hits(best: np.ndarray, near: np.ndarray) -> np.ndarray:
    """Which of the predictions, by falling confidence, is the first near its true box; others do not look further."""
    hits = np.zeros(len(best), dtype=bool)
    _, first = np.unique(best[near], return_index=True)
    hits[np.flatnonzero(near)[first]] = True
    return hits
