"""Answers and submissions as large as the real ones where repeating small ones would not do: masks, boxes, characters.

Each function writes to the prepared folder `private` and to `submission`, for `rows` rows.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

__all__ = ["MAKERS"]

Maker = Callable[[Path, Path, int], None]


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, dtype=str, keep_default_na=False)


def runs(rng: np.random.Generator, pixels: int, count: int) -> str:
    """A mask of so many runs, anywhere in a picture."""
    edges = np.unique(rng.integers(1, pixels, 3 * count))[: 2 * count].reshape(-1, 2)
    return " ".join(f"{start} {end - start}" for start, end in edges)


def fragment(private: Path, submission: Path, rows: int) -> None:
    """One picture of 40 million pixels, masks of 60,000 runs."""
    rng, (height, width) = np.random.default_rng(0), (7_606, 5_249)
    answers = table(private / "inklabels_rle.csv").head(rows)
    sizes = {"width": width, "height": height}
    answers.assign(Predicted=runs(rng, height * width, 60_000), **sizes).to_csv(
        private / "inklabels_rle.csv", index=False
    )
    for path in (private / "gold_submission.csv", submission):
        answers[["Id"]].assign(Predicted=runs(rng, height * width, 60_000)).to_csv(path, index=False)


def kidneys(private: Path, submission: Path, rows: int) -> None:
    """Pictures of 840 million pixels, masks of 60,000 runs."""
    rng, (height, width) = np.random.default_rng(0), (30_000, 28_000)
    answers = table(private / "test.csv").head(rows)
    answers["encoding"] = [runs(rng, height * width, 60_000) for _ in range(rows)]
    answers.assign(width_pixels=width, height_pixels=height).to_csv(private / "test.csv", index=False)
    for path in (private / "gold_submission.csv", submission):
        masks = [runs(rng, height * width, 60_000) for _ in range(rows)]
        answers[["id"]].assign(predicted=masks).to_csv(path, index=False)


def slices(private: Path, submission: Path, rows: int) -> None:
    """Slices of 266 x 266 pixels in volumes of 144, three organs each; two thirds show none, as in the real set."""
    rng, side = np.random.default_rng(0), 266
    ids = [f"case{n // 144}_day{n // 144}_slice_{n % 144 + 1:04d}" for n in range(rows // 3)]
    organs = ["large_bowel", "small_bowel", "stomach"]
    answers = pd.DataFrame({"id": np.repeat(ids, 3), "class": np.tile(organs, len(ids))})

    def organ(empty: float) -> str:
        if rng.random() < empty:
            return ""
        top, left, height, width = (int(rng.integers(20, limit)) for limit in (150, 150, 90, 90))
        starts = (left + np.arange(width)) * side + top + 1
        return " ".join(f"{start} {height}" for start in starts)

    for path, empty in ((private / "test.csv", 0.67), (submission, 0.6)):
        masks = [organ(empty) for _ in range(len(answers))]
        sizes = {"image_width": float(side), "image_height": float(side)}
        answers.assign(predicted=masks, **sizes).to_csv(path, index=False)


def pages(private: Path, submission: Path, rows: int) -> None:
    """Pages of 230 characters, and 1,200 predictions for each, the most that were allowed."""
    rng = np.random.default_rng(0)
    names, characters = [f"page_{n:04d}" for n in range(rows)], [f"U+{n:04X}" for n in range(0x3040, 0x3040 + 400)]
    truth, guesses = [], []
    for _ in names:
        boxes = np.column_stack([rng.integers(0, 400, 230), rng.integers(0, 3_000, (230, 2)), np.full((230, 2), 60)])
        truth.append(" ".join(f"{characters[c]} {x} {y} {w} {h}" for c, x, y, w, h in boxes))
        points = [(c, x + 30, y + 30) for c, x, y, _, _ in boxes] + [
            (c, x, y) for c, x, y in zip(rng.integers(0, 400, 970), *rng.integers(0, 3_000, (2, 970)), strict=True)
        ]
        guesses.append(" ".join(f"{characters[c]} {x} {y}" for c, x, y in points))
    pd.DataFrame({"image_id": names, "labels": truth}).to_csv(private / "test.csv", index=False)
    for path in (private / "gold_submission.csv", submission):
        pd.DataFrame({"image_id": names, "labels": guesses}).to_csv(path, index=False)


def findings(private: Path, submission: Path, rows: int, boxes: int = 10_000_000) -> None:
    """Chest X-rays with three findings each, and 10 million predicted boxes."""
    rng = np.random.default_rng(0)
    names = [f"{n:032x}" for n in range(rows)]
    corners = rng.integers(0, 1_000, (3 * rows, 2))
    answers = pd.DataFrame({"image_id": np.repeat(names, 3), "class_id": np.tile([0, 3, 11], rows)})
    answers = answers.assign(class_name="a", rad_id="R9", x_min=corners[:, 0].astype(float), y_min=corners[:, 1])
    answers.assign(x_max=answers["x_min"] + 500, y_max=answers["y_min"] + 400).to_csv(
        private / "answers.csv", index=False
    )
    with submission.open("w") as file:
        file.write("image_id,PredictionString\n")
        for name in names:
            count = boxes // rows
            numbers = np.column_stack([rng.integers(0, 15, count), rng.integers(0, 2_000, (count, 4))])
            chances = rng.random(count).round(4)
            cells = (f"{c} {p} {x} {y} {x + w} {y + h}" for (c, x, y, w, h), p in zip(numbers, chances, strict=True))
            file.write(f"{name}," + " ".join(cells) + "\n")
    gold = answers.groupby("image_id")["class_id"].first().map(lambda c: f"{c} 1.0 1 1 2 2").rename("PredictionString")
    gold.reset_index().to_csv(private / "gold_submission.csv", index=False)


def scenes(private: Path, submission: Path, rows: int) -> None:
    """Scenes with 28 boxes in space, and twice as many predicted."""
    rng = np.random.default_rng(0)
    ids, classes = [f"{n:064x}" for n in range(rows)], np.array(["car"] * 6 + ["truck", "pedestrian", "bicycle"])
    truth, guesses = [], []
    for _ in ids:
        places = rng.uniform(0, 200, (28, 2))
        boxes = [(x, y, 0.0, 2.0, 4.5, 1.7, yaw) for (x, y), yaw in zip(places, rng.uniform(-3, 3, 28), strict=True)]
        names = rng.choice(classes, 28)

        def line(part: list[tuple[float, ...]], names: np.ndarray) -> str:
            return " ".join(
                f"{rng.random():.3f} {' '.join(f'{v:.4f}' for v in box)} {name}"
                for box, name in zip(part, names, strict=True)
            )

        truth.append(line(boxes, names))
        near = [(x + dx, y + dx, *rest) for dx in (0.2, 1.0) for x, y, *rest in boxes]
        guesses.append(line(near, np.tile(names, 2)))
    pd.DataFrame({"Id": ids, "PredictionString": truth}).to_csv(private / "test.csv", index=False)
    pd.DataFrame({"Id": ids, "PredictionString": guesses}).to_csv(submission, index=False)


def questions(private: Path, submission: Path, rows: int) -> None:
    """Answers are JSON lines here, with two rows of the submission to each."""
    lines = [json.loads(line) for line in (private / "test.jsonl").read_text().splitlines()]
    times = -(-rows // (2 * len(lines)))
    with (private / "test.jsonl").open("w") as file:
        for turn in range(times):
            for line in lines:
                file.write(json.dumps({**line, "example_id": f"{turn:05d}{line['example_id']}"}) + "\n")
    given = table(submission)
    whole = pd.concat([given.assign(example_id=f"{turn:05d}" + given["example_id"]) for turn in range(times)])
    whole.to_csv(submission, index=False)
    shutil.copy(submission, private / "gold_submission.csv")


def orders(private: Path, submission: Path, rows: int) -> None:
    """Notebooks of 45 cells."""
    rng = np.random.default_rng(0)
    ids = [f"{n:014x}" for n in range(rows)]
    cells = [np.array([f"{n:08x}" for n in rng.choice(2**32, 45, replace=False)]) for _ in ids]
    pd.DataFrame({"id": ids, "cell_order": [" ".join(c) for c in cells]}).to_csv(
        private / "test_orders.csv", index=False
    )
    shuffled = [" ".join(rng.permutation(c)) for c in cells]
    pd.DataFrame({"id": ids, "cell_order": shuffled}).to_csv(submission, index=False)


MAKERS: dict[str, Maker] = {
    "3d-object-detection-for-autonomous-vehicles": scenes,
    "AI4Code": orders,
    "hubmap-kidney-segmentation": kidneys,
    "kuzushiji-recognition": pages,
    "tensorflow2-question-answering": questions,
    "uw-madison-gi-tract-image-segmentation": slices,
    "vesuvius-challenge-ink-detection": fragment,
    "vinbigdata-chest-xray-abnormalities-detection": findings,
}
"""By competition."""
