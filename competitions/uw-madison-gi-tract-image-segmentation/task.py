"""UW-Madison GI Tract: where are stomach and bowels in MRI slices? Masks, graded by Dice and Hausdorff distance."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.errors import HarnessError, InvalidSubmissionError
from pytest_mlebench.grading.alignment import require_columns
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.grading.values import texts
from pytest_mlebench.metrics.f_beta import dice
from pytest_mlebench.metrics.hausdorff import hausdorff
from pytest_mlebench.metrics.masks import Masks, overlaps
from pytest_mlebench.metrics.volumes import Volume, stacked
from pytest_mlebench.preparing.placing import link_tree
from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """Hold out a tenth of the patients, and of the others all scans after the fourth."""
    masks = read_csv(raw / "train.csv")
    parts = masks["id"].str.split("_")
    case, day = parts.str[0], parts.str[1]
    _, held_out = train_test(case.unique().tolist(), test_size=0.1, random_state=42)
    days = pd.DataFrame({"case": case, "scan": case + "_" + day, "number": day.str[3:].astype(int)}).drop_duplicates()
    later = days.sort_values("number", kind="stable").groupby("case").cumcount() >= 4
    test_scans = set(days.loc[later | days["case"].isin(held_out), "scan"])
    for name in case.unique():
        for folder in sorted((raw / "train" / name).iterdir()):
            part = "test" if name in held_out or folder.name in test_scans else "train"
            link_tree(folder, public / part / name / folder.name)
    is_test = (case + "_" + day).isin(test_scans)
    keys = pd.DataFrame({"scan": case + "_" + day, "slice": parts.str[-1]})[is_test]
    sizes = keys.merge(_sizes(raw / "train", sorted(test_scans)), how="left").set_axis(keys.index)
    if sizes.isna().any(axis=None):
        raise HarnessError(f"{raw / 'train'} lacks images of slices in train.csv: download it again")
    answers = masks[is_test].rename(columns={"segmentation": "predicted"})
    write_csv(masks[~is_test], public / "train.csv")
    write_csv(answers[["id", "class"]], public / "test.csv")
    write_csv(answers.assign(predicted="1 1 5 2"), public / "sample_submission.csv")
    write_csv(answers.assign(image_width=sizes["width"], image_height=sizes["height"]), private / "test.csv")


def _sizes(folder: Path, scans: list[str]) -> pd.DataFrame:
    """Width and height of every slice, as file names such as slice_0001_266_266_1.50_1.50.png say."""
    found = [
        (scan, *path.name.split("_")[1:4])
        for scan in scans
        for path in (folder / scan.split("_")[0] / scan / "scans").glob("slice_*.png")
    ]
    sizes = pd.DataFrame(found, columns=["scan", "slice", "width", "height"])
    if sizes.duplicated(["scan", "slice"]).any():
        raise HarnessError(f"{folder} has several images of one slice: download it again")
    return sizes.astype({"width": float, "height": float})


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """0.4 mean Dice of rows + 0.6 (1 - mean Hausdorff distance of scans); not-a-number without rows."""
    require_columns(submission, ["id", "class", "predicted"])
    # As in the published grader, rows are paired by position, and those that one side lacks do not count.
    submission = submission.iloc[: len(answers)]
    paired = answers.iloc[: len(submission)]
    predicted = _masks(submission, paired)
    truth = _masks(paired, paired)
    scores = dice(overlaps(truth, predicted), truth.areas, predicted.areas)
    volumes = _volumes(answers, _masks(answers, answers), answers), _volumes(submission, predicted, paired)
    # As in the published grader, scans are paired by position too.
    distances = [_distance(true, given) for true, given in zip(*volumes, strict=False)]
    return float(0.4 * _mean(scores) + 0.6 * (1 - _mean(np.array(distances))))


def _masks(table: pd.DataFrame, answers: pd.DataFrame) -> Masks:
    return decode_run_lengths(texts(table["predicted"]), answers["image_width"] * answers["image_height"])


def _mean(values: np.ndarray) -> float:
    """The mean of those that are numbers: where neither side has anything set, there is none."""
    return float(np.nanmean(values)) if len(values) else math.nan


def _volumes(table: pd.DataFrame, masks: Masks, answers: pd.DataFrame) -> list[Volume]:
    """The masks of each scan stacked, scans and slices in order of their ids; a slice has the pixels of all organs."""
    if table["id"].isna().any():
        raise InvalidSubmissionError("column 'id' has an empty cell")
    names, name = np.unique(np.array(texts(table["id"]), dtype=object), return_inverse=True)
    scan_of_name, scans = pd.factorize(np.array([each.split("_slice_")[0] for each in names], dtype=object))
    depth = pd.Series(scan_of_name).groupby(scan_of_name).cumcount().to_numpy()
    scan = scan_of_name[name]
    sizes = answers[["image_height", "image_width"]].astype(int).groupby(scan)
    several = (sizes.nunique() > 1).any(axis=1)
    if several.any():
        shown = printable(repr(scans[several.argmax()]), 60)
        raise InvalidSubmissionError(f"images of scan {shown} differ in size: keep the order of rows in test.csv")
    return stacked(masks, scan, depth[name], list(sizes.first().itertuples(index=False, name=None)))


def _distance(truth: Volume, prediction: Volume) -> float:
    if not truth.count and not prediction.count:
        return math.nan
    if prediction.equals(truth):
        return 0.0
    # As in the published grader, ten times too much is as bad as nothing.
    if not truth.count or not prediction.count or prediction.count > 10 * truth.count:
        return 1.0
    return hausdorff(truth.points() / truth.shape, prediction.points() / truth.shape) / math.sqrt(3)
