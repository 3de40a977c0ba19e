"""RSNA 2022 Cervical Spine Fracture Detection: which vertebrae are broken in a CT scan? Graded by weighted log loss."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from pytest_mlebench.grading.alignment import align, require_columns
from pytest_mlebench.grading.values import probabilities
from pytest_mlebench.preparing.placing import link_each
from pytest_mlebench.preparing.tables import read_csv, write_csv


def prepare(raw: Path, public: Path, private: Path) -> None:
    """A tenth of the studies is for training, with a tenth of the boxes and masks; all others are test."""
    studies = read_csv(raw / "train.csv")
    boxes = read_csv(raw / "train_bounding_boxes.csv")
    ids = studies["StudyInstanceUID"].tolist()
    boxed = sorted(boxes["StudyInstanceUID"].unique())
    masked = sorted(path.stem for path in (raw / "segmentations").glob("*.nii"))
    both = [study for study in boxed if study in set(masked)]

    # Four draws, each from studies that none before could draw; the generator goes on where a draw is empty.
    generator = random.Random(0)
    with_both = generator.sample(both, _tenth(both))
    with_mask = generator.sample([each for each in masked if each not in both], _tenth(masked) - len(with_both))
    with_box = generator.sample([each for each in boxed if each not in both], _tenth(boxed) - len(with_both))
    chosen = {*with_both, *with_mask, *with_box}
    chosen.update(generator.sample([each for each in ids if each not in chosen], _tenth(ids) - len(chosen)))

    train, test = (studies[studies["StudyInstanceUID"].isin(chosen) == kept] for kept in (True, False))
    answers = test.melt(id_vars="StudyInstanceUID", var_name="prediction_type", value_name="fractured")
    answers["row_id"] = answers["StudyInstanceUID"] + "_" + answers["prediction_type"]
    write_csv(train, public / "train.csv")
    # Of the studies drawn last, boxes and masks are kept back even where there are some.
    write_csv(boxes[boxes["StudyInstanceUID"].isin([*with_both, *with_box])], public / "train_bounding_boxes.csv")
    write_csv(answers.drop(columns="fractured"), public / "test.csv")
    write_csv(answers[["row_id"]].assign(fractured=0.5), public / "sample_submission.csv")
    write_csv(answers, private / "answers.csv")
    masks = [f"{study}.nii" for study in [*with_both, *with_mask]]
    link_each(masks, raw / "segmentations", public / "segmentations")
    for part, rows in (("train_images", train), ("test_images", test)):
        slices = _slices(raw / "train_images", rows["StudyInstanceUID"])
        link_each(slices, raw / "train_images", public / part)


def grade(submission: pd.DataFrame, answers: pd.DataFrame) -> float:
    """Log loss, weighted within each study: any fracture counts seven times, and what is broken twice."""
    require_columns(submission, ["row_id", "fractured"])
    predicted = np.clip(probabilities(align(submission, answers, "row_id")["fractured"]), 1e-15, 1 - 1e-15)
    truth = answers["fractured"].to_numpy()
    losses = -np.log(np.where(truth == 1, predicted, 1 - predicted))
    weights = np.where(answers["prediction_type"] == "patient_overall", 7.0, 1.0) * (1 + truth)
    # Each study's weights are made to sum to one, though its share of broken vertebrae differs.
    study = pd.factorize(answers["StudyInstanceUID"])[0]
    return float(np.mean(np.bincount(study, weights * losses) / np.bincount(study, weights)))


def _tenth(studies: list[str]) -> int:
    return round(0.1 * len(studies))


def _slices(folder: Path, studies: Iterable[str]) -> list[str]:
    return [f"{study}/{path.name}" for study in studies for path in sorted((folder / study).iterdir())]
