"""From a recognised task to submissions: features, models, predictions in the form of the sample."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from .choosing import Contest
from .columns import features_of, is_text
from .images import views_of
from .models import Candidate, classifiers, regressors
from .recognition import Task, class_index, recognise
from .texts import text_views
from .workplace import Workplace

__all__ = ["solve"]


def solve(place: Workplace) -> bool:
    """Recognise the task, train, and hand in; whether something has been handed in."""
    task = recognise(place.data)
    place.say(f"recognised: {task.describe()}")
    if task.output == "masks":
        from .masks import draw

        return draw(task, place)
    if task.output == "unknown" or not len(task.train):
        place.say("no way to learn this from the files: the sample submission it is")
        return False
    views = _views(task, place)
    if not views:
        place.say("no inputs found that train and test share: the sample submission it is")
        return False
    contest, to_columns = _contest(task, views, place)
    candidates = (
        classifiers(views, len(task.train), contest.classes or 2, contest.metric, place.seed)
        if contest.classes or contest.binary
        else regressors(views, len(task.train), contest.metric, place.seed)
    )
    handed_in = False
    try:
        for candidate in candidates:
            if _entered(contest, candidate) and not handed_in:
                handed_in = place.hand_in(to_columns(contest.tried[0].test))
    finally:
        # Also when time runs out in the middle of a candidate.
        if contest.tried:
            test, _, made_of = contest.blend()
            place.say(f"blend: {made_of}")
            handed_in |= place.hand_in(to_columns(test))
    return handed_in


def _entered(contest: Contest, candidate: Candidate) -> bool:
    """Let a candidate compete; one that fails on this data is passed over."""
    try:
        return contest.enter(candidate)
    except Exception as error:
        contest.say(f"{candidate.name} on {candidate.view}: {type(error).__name__}: {str(error)[:100]}")
        return False


def _views(task: Task, place: Workplace) -> dict[str, Any]:
    """Features of all kinds, train rows followed by test rows; train rows are cut where images take too long."""
    views: dict[str, Any] = {}
    if task.image_column and task.images.get("train"):
        keys = task.train[task.image_column].astype(str)
        task.train = task.train[keys.isin(list(task.images["train"]))].reset_index(drop=True)
        if len(task.train) > 20:
            shuffled = task.train.sample(frac=1, random_state=place.seed).reset_index(drop=True)
            paths = [
                [task.images[part].get(key) for key in rows[task.image_column].astype(str)]
                for part, rows in (("train", shuffled), ("test", task.test))
            ]
            if None not in paths[1]:
                views, used = views_of(paths[0], paths[1], place.left() * 0.4)  # type: ignore[arg-type]
                if views:
                    task.train = shuffled.head(used)
                    place.say(f"images: {used} of train and {len(task.test)} of test, as {', '.join(views)}")
    columns = [column for column in task.inputs if column != task.image_column]
    texts = [column for column in columns if is_text(task.train[column])]
    if texts:
        views |= text_views(task.train, task.test, texts, place.left())
        place.say(f"texts: {', '.join(texts)}, {views['text'].shape[1]} words and runs of letters")
    features = features_of(task.train, task.test, columns, task.id)
    if features.numbers or features.categories:
        views["trees"], views["linear"] = features.trees(), features.linear()
        notes = "".join(f"; {note}" for note in features.notes)
        place.say(f"table: {len(features.numbers)} numbers, {len(features.categories)} categories{notes}")
        if "topics" in views:
            views["topics"] = np.hstack([views["topics"], views["trees"]])
    return views


def _contest(task: Task, views: dict[str, Any], place: Workplace) -> tuple[Contest, Any]:
    """The contest of candidates for the task, and how its predictions become a submission."""
    sample = task.sample
    log = task.metric == "rmsle" and task.output == "numbers"
    metric = task.metric
    classes, binary = 0, False
    if task.output in ("labels", "probability", "class probabilities"):
        truth, classes = class_index(task), len(task.classes)
        metric = metric if metric in ("auc", "accuracy", "log loss") else ""
        metric = "accuracy" if task.output == "labels" else metric or "log loss"
    else:
        binary = task.output == "probabilities"
        truth = task.train[task.targets].to_numpy(dtype=float)
        truth = np.log1p(np.maximum(truth, 0)) if log else truth
        if binary:
            metric = metric if metric in ("auc", "log loss") else "log loss"
        else:
            metric = "rmse of logarithms" if log else ("mae" if metric == "mae" else "rmse")

    def to_columns(prediction: np.ndarray) -> pd.DataFrame:
        table = sample.copy()
        if task.output == "labels":
            # As an object, so that whole numbers, texts and booleans stay what they are.
            chosen = pd.Series(task.classes, dtype=object).take(prediction.argmax(axis=1))
            table[task.targets[0]] = chosen.infer_objects().to_numpy()
        elif task.output == "probability":
            table[task.targets[0]] = prediction[:, 1].round(8)
        elif task.output == "class probabilities":
            table[task.targets] = (prediction / prediction.sum(axis=1, keepdims=True)).round(8)
        else:
            table[task.targets] = np.expm1(prediction) if log else prediction
        return table

    return Contest(truth, views, metric, place.seed, place.left, place.say, classes, binary), to_columns
