"""What is asked for: told from the sample submission, the columns of the tables, and the words of the description."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from .reading import IMAGES, MOST_ROWS, Table, description, find_files, find_sample, find_tables, read

__all__ = ["Task", "recognise"]

_METRICS = (
    ("log loss", r"log[- ]?loss|logarithmic loss|cross[- ]entropy"),
    ("auc", r"\bauc\b|area under|\broc\b"),
    ("rmsle", r"rmsle|logarithmic error"),
    ("mae", r"\bmae\b|mean absolute error|absolute deviation"),
    ("rmse", r"\brmse\b|root of the mean squared|root mean squared?|mean squared error"),
    ("accuracy", r"accuracy|share of right|correctly (?:classified|predicted)|categori[sz]ation"),
)
_MASK = re.compile(r"rle|mask|encodedpixels|predictionstring")


@dataclass
class Task:
    """What has been recognised.

    `output` is one of: ``labels`` (one column, a class), ``probability`` (one column, of the positive class),
    ``class probabilities`` (a column per class), ``probabilities`` (columns that are predicted apart), ``numbers``,
    ``masks``, and ``unknown``.
    """

    sample: pd.DataFrame
    id: str
    """Its column that names rows; the others are `targets`."""
    targets: list[str]
    output: str = "unknown"
    metric: str = ""
    train: pd.DataFrame = field(default_factory=pd.DataFrame)
    """Labelled rows."""
    test: pd.DataFrame = field(default_factory=pd.DataFrame)
    """A row for each row of the sample, in its order."""
    label: str = ""
    """Column of `train` that holds the class, for outputs of one class per row; else "" and `targets` are columns."""
    classes: list[object] = field(default_factory=list)
    """Classes, in the order of the columns of ``class probabilities``; the positive one last for ``probability``."""
    inputs: list[str] = field(default_factory=list)
    """Columns of both train and test to predict from."""
    images: dict[str, dict[str, Path]] = field(default_factory=dict)
    """Image files of ``train`` and ``test`` by id (the values of `image_column`)."""
    image_column: str = ""
    files: list[str] = field(default_factory=list)

    def describe(self) -> str:
        """What has been recognised, in one line."""
        what = f"{self.output} in {', '.join(self.targets[:6])}{', ...' if len(self.targets) > 6 else ''}"
        if self.classes:
            what += f" ({len(self.classes)} classes)"
        return f"{what}; metric {self.metric or 'not said'}; {len(self.train)} train rows, {len(self.test)} test rows"


def recognise(data: Path) -> Task:
    """The task in the public folder; raises ValueError where there is not even a sample submission."""
    files = find_files(data)
    tables = find_tables(data, files)
    sample_table = find_sample(tables)
    if sample_table is None:
        raise ValueError("no sample submission found")
    sample = read(sample_table.path)
    others = [table for table in tables if table.path != sample_table.path]
    task = Task(sample, str(sample.columns[0]), [], files=files)
    task.id = _id_column(sample, others)
    task.targets = [str(column) for column in sample.columns if column != task.id]
    _find_rows(task, others)
    _find_images(task, data)
    if not len(task.train) and task.images.get("test"):
        _rows_of_folders(task, data)
    _find_output(task, description(data))
    _find_inputs(task)
    return task


def _id_column(sample: pd.DataFrame, others: list[Table]) -> str:
    """The column of the sample that names rows: unique, and in other tables too; the first if none stands out."""
    unique = [str(column) for column in sample.columns if sample[column].is_unique]
    known = [column for column in unique if any(column in table.columns for table in others)]
    return (known or unique or [str(sample.columns[0])])[0]


def _find_rows(task: Task, tables: list[Table]) -> None:
    """Set train and test: test holds the sample's ids, train is the table with what test lacks."""
    wanted = pd.Index(task.sample[task.id].astype(str))
    test: Table | None = None
    for table in sorted(tables, key=lambda table: "test" not in table.name):
        if task.id in table.columns and not set(task.targets) & set(table.columns):
            rows = read(table.path)
            if wanted.isin(rows[task.id].astype(str)).mean() > 0.9:
                rows = rows.drop_duplicates(task.id)
                rows.index = pd.Index(rows[task.id].astype(str))
                test, task.test = table, rows.reindex(wanted).reset_index(drop=True)
                break
    if test is None:
        task.test = task.sample[[task.id]].copy()
    task.test[task.id] = task.sample[task.id]

    def likeness(table: Table) -> tuple[bool, bool, bool, int]:
        shared = set(table.columns) & set(task.test.columns)
        return (
            bool(set(task.targets) & set(table.columns)),
            bool(re.search(r"train|label", table.name)),
            task.id in table.columns,
            len(shared),
        )

    candidates = [table for table in tables if table is not test and any(likeness(table)[:2])]
    if candidates:
        task.train = read(max(candidates, key=likeness).path, MOST_ROWS)


def _find_images(task: Task, data: Path) -> None:
    """Set images and their column, where ids or another column name image files."""
    files = [file for file in task.files if file.lower().endswith(IMAGES)]
    if not files:
        return
    by_name: dict[str, list[str]] = {}
    for file in files:
        name = file.rsplit("/", 1)[-1]
        stem = name.rsplit(".", 1)[0]
        # Ids that are read as numbers have lost their leading zeros.
        for key in {name, stem, stem.lstrip("0") or "0", file}:
            by_name.setdefault(key, []).append(file)
    for column in [task.id, *task.test.columns]:
        found: dict[str, dict[str, Path]] = {}
        for part, rows in (("train", task.train), ("test", task.test)):
            if column in rows:
                values = rows[column].dropna().astype(str).unique()
                matches = {value: _choose(by_name.get(value) or [], part) for value in values}
                found[part] = {value: data / file for value, file in matches.items() if file}
        if len(found.get("test", {})) > 0.9 * task.test[column].nunique() > 0:
            task.images, task.image_column = found, column
            return


def _choose(files: list[str], part: str) -> str:
    """Of files with the same name, the one whose folders speak of the part, and of images rather than of masks."""
    return min(files, key=lambda file: (part not in file, "mask" in file, file), default="")


def _rows_of_folders(task: Task, data: Path) -> None:
    """Labels from where the train images lie (train/<class>/<file>) or how they are called (<class>.<n>.jpg)."""
    ours = set(task.images["test"].values())
    rows = [(file, file.split("/")) for file in task.files if file.lower().endswith(IMAGES) and data / file not in ours]
    rows = [(file, parts) for file, parts in rows if "train" in parts[0]]
    deep = [(file, parts[-2]) for file, parts in rows if len(parts) > 2]
    flat = [(file, re.split(r"[._\d]", parts[-1])[0]) for file, parts in rows]
    for labelled in (deep, flat):
        classes = {label for _, label in labelled}
        if labelled and 1 < len(classes) <= max(2, len(labelled) // 3):
            column = task.image_column
            target = task.targets[0] if len(task.targets) == 1 else "class"
            task.train = pd.DataFrame(labelled, columns=[column, target])
            task.images["train"] = {file: data / file for file, _ in labelled}
            return


def _find_output(task: Task, text: str) -> None:
    """Set output, label, classes and metric."""
    evaluation = text[max(0, text.find("evaluat")) :] if "evaluat" in text else text
    found = [(match.start(), name) for name, pattern in _METRICS if (match := re.search(pattern, evaluation))]
    task.metric = min(found)[1] if found else ""
    train, targets = task.train, task.targets
    if not len(train):
        return
    if _MASK.search(targets[0].lower()) and not pd.api.types.is_numeric_dtype(task.sample[targets[0]]):
        task.output = "masks" if targets[0] in train else "unknown"
        return
    if not set(targets) <= set(train.columns):
        _find_label(task)
        return
    values = train[targets].dropna()
    if len(targets) > 1:
        numeric = all(pd.api.types.is_numeric_dtype(values[column]) for column in targets)
        binary = numeric and bool(values.isin([0, 1]).all(axis=None))
        if binary and bool((values.sum(axis=1) == 1).all()):
            task.output, task.classes = "class probabilities", list(targets)
        elif numeric:
            task.output = "probabilities" if binary else "numbers"
        return
    _one_target(task, targets[0], values[targets[0]])


def _one_target(task: Task, target: str, values: pd.Series) -> None:
    """Set the output where one column of train is to be predicted."""
    classes = sorted(values.unique(), key=lambda value: (str(type(value)), value))
    shown = task.sample[target]
    fractions = pd.api.types.is_float_dtype(shown) and bool((shown.dropna() % 1 != 0).any())
    numeric = pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values)
    if len(classes) == 2 and (task.metric in ("auc", "log loss") or fractions) and task.metric != "rmse":
        task.output = "probability"
    elif not numeric:
        task.output = "labels"
    else:
        whole = bool((values % 1 == 0).all())
        error = task.metric in ("rmse", "rmsle", "mae")
        few = len(classes) <= min(50, max(2, len(values) // 5))
        task.output = "labels" if whole and few and not fractions and not error else "numbers"
    if task.output != "numbers":
        task.label, task.classes = target, list(classes)
        task.metric = task.metric if task.metric in ("auc", "log loss", "accuracy") else ""


def _find_label(task: Task) -> None:
    """Set label and output where the targets are no columns of train: classes as columns, or another name."""
    spare = [column for column in task.train.columns if column not in task.test.columns]
    for column in [*spare, *task.train.columns]:
        values = task.train[column].dropna().unique()
        if len(values) != len(task.targets) or len(values) < 2:
            continue
        classes = []
        for target in task.targets:
            ends = [
                value
                for value in values
                if target == str(value) or re.search(rf"(^|\D){re.escape(str(value))}$", target)
            ]
            classes += ends[:1]
        if len({str(value) for value in classes}) == len(values):
            task.output, task.label, task.classes = "class probabilities", column, classes
            return
    spare = [column for column in spare if column != task.image_column and task.train[column].nunique() > 1]
    if len(spare) == 1 and len(task.targets) == 1:
        _one_target(task, task.targets[0], task.train[spare[0]].dropna())
        task.train = task.train.rename(columns={spare[0]: task.targets[0]})


def _find_inputs(task: Task) -> None:
    """Set inputs: columns of both tables that are no targets and vary."""
    known = [c for c in task.train.columns if c in task.test.columns and c not in (*task.targets, task.label)]
    task.inputs = [str(c) for c in known if task.train[c].nunique(dropna=False) > 1]
    needed = [task.label] if task.label else [t for t in task.targets if t in task.train]
    if needed and task.output != "masks":  # of masks, an empty cell is one without a pixel
        task.train = task.train.dropna(subset=needed).reset_index(drop=True)


def class_index(task: Task) -> np.ndarray:
    """Position in `classes` of the class of each train row."""
    if task.label:
        index: np.ndarray = pd.Index(task.classes).get_indexer(pd.Index(task.train[task.label]))
        return index
    result: np.ndarray = task.train[task.targets].to_numpy().argmax(axis=1)
    return result
