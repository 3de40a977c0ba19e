"""Cross-validation of candidates, and the blend of those that do best together."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import KFold, StratifiedKFold

from .models import Candidate

__all__ = ["Contest", "Tried"]

_POWERS = (0.5, 0.65, 0.8, 1.0, 1.25, 1.5, 2.0)


@dataclass
class Tried:
    """A candidate with its predictions: shape (rows, width) for train rows, held out, and for test rows."""

    candidate: Candidate
    held_out: np.ndarray
    test: np.ndarray
    score: float


@dataclass
class Contest:
    """Candidates that compete on the same folds.

    `truth` is an int vector of classes (`classes` > 0: predictions are probabilities, shape (rows, classes)), or a
    table of columns that are predicted apart: of 0 and 1 where `binary`, else of numbers.
    """

    truth: np.ndarray
    views: dict[str, Any]
    """By name: rows of train, then rows of test."""
    metric: str
    seed: int
    left: Callable[[], float]
    say: Callable[[str], None]
    classes: int = 0
    binary: bool = False
    tried: list[Tried] = field(default_factory=list)

    def enter(self, candidate: Candidate) -> bool:
        """Cross-validate a candidate, then train it on all; whether it has come to an end in the time that is left."""
        rows = self.views[candidate.view]
        count = len(self.truth)
        started = time.monotonic()
        total, times = np.zeros((count, self._width())), 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for folds in self._splits():
                for number, (seen, unseen) in enumerate(folds):
                    total[unseen] += self._predict(candidate, rows[seen], self.truth[seen], rows[unseen])
                    expected = (time.monotonic() - started) / (times * len(folds) + number + 1) * (len(folds) + 2)
                    if times == 0 and expected > self.left() and self.tried:
                        self.say(f"{candidate.name} on {candidate.view}: would take {expected:.0f} s, left out")
                        return False
                times += 1
                # More rounds steady the score of few rows, where they cost little.
                if time.monotonic() - started > 0.7:
                    break
            test = self._predict(candidate, rows[:count], self.truth, rows[count:])
        held_out = total / times
        self.tried.append(Tried(candidate, held_out, test, self.score(held_out)))
        name = f"{candidate.name} on {candidate.view}"
        self.say(f"{name:34} {self._shown(self.tried[-1].score)}  ({time.monotonic() - started:.1f} s)")
        return True

    def blend(self) -> tuple[np.ndarray, float, str]:
        """Test predictions of the best mean of candidates, its score on held-out rows, and what it is made of.

        Candidates are added one by one, again and again, as long as the score grows (Caruana and others, 2004).
        """
        best = max(self.tried, key=lambda tried: tried.score)
        chosen, score = [best], best.score
        for _ in range(15):
            total = np.sum([tried.held_out for tried in chosen], axis=0)
            trials = [self.score((total + tried.held_out) / (len(chosen) + 1)) for tried in self.tried]
            if max(trials) <= score + 1e-6 * abs(score):
                break
            score = max(trials)
            chosen.append(self.tried[int(np.argmax(trials))])
        names = [f"{tried.candidate.name} on {tried.candidate.view}" for tried in chosen]
        shares = {name: names.count(name) / len(names) for name in names}
        made_of = ", ".join(f"{share:.0%} {name}" for name, share in sorted(shares.items(), key=lambda item: -item[1]))
        test = np.mean([tried.test for tried in chosen], axis=0)
        if self.metric == "log loss":
            held_out = np.mean([tried.held_out for tried in chosen], axis=0)
            power = self._power(held_out)
            if power != 1.0:
                test, score = self._sharpen(test, power), self.score(self._sharpen(held_out, power))
                made_of += f"; probabilities to the power of {power}"
        return test, score, f"{self._shown(score)}: {made_of}"

    def score(self, prediction: np.ndarray) -> float:
        """The metric of held-out predictions; higher is better, losses and errors are negative."""
        if not self.classes and not self.binary:
            error = prediction - self.truth
            return -float(np.abs(error).mean() if self.metric == "mae" else np.sqrt((error**2).mean()))
        if self.metric == "accuracy":
            hits = prediction.argmax(axis=1) == self.truth if self.classes else (prediction > 0.5) == self.truth
            # Log loss decides between equals, of which few rows make many.
            return float(np.mean(hits)) - 1e-4 * self._log_loss(prediction)
        if self.metric == "auc":
            return self._auc(prediction)
        return -self._log_loss(prediction)

    def _log_loss(self, prediction: np.ndarray) -> float:
        return float(self._losses(prediction).mean())

    def _losses(self, prediction: np.ndarray) -> np.ndarray:
        """The logarithmic loss of each row."""
        safe = np.clip(prediction, 1e-6, 1 - 1e-6)
        if self.classes:
            result: np.ndarray = -np.log(safe[np.arange(len(self.truth)), self.truth])
            return result
        columns: np.ndarray = -(self.truth * np.log(safe) + (1 - self.truth) * np.log(1 - safe))
        means: np.ndarray = columns.mean(axis=1)
        return means

    def _power(self, held_out: np.ndarray) -> float:
        """The power of probabilities that is nearest to 1 among those not clearly worse than the best (one error)."""
        losses = {power: self._losses(self._sharpen(held_out, power)) for power in _POWERS}
        best = min(losses.values(), key=lambda loss: float(loss.mean()))
        error = {power: (loss - best).std() / len(loss) ** 0.5 for power, loss in losses.items()}
        near = [power for power, loss in losses.items() if (loss - best).mean() <= error[power]]
        return min(near, key=lambda power: abs(np.log(power)))

    def _auc(self, prediction: np.ndarray) -> float:
        if self.classes == 2:
            return float(roc_auc_score(self.truth, prediction[:, 1]))
        truth = np.eye(self.classes)[self.truth] if self.classes else self.truth
        columns = [c for c in range(truth.shape[1]) if 0 < truth[:, c].mean() < 1]
        return float(np.mean([roc_auc_score(truth[:, c], prediction[:, c]) for c in columns]))

    def _splits(self) -> list[list[tuple[np.ndarray, np.ndarray]]]:
        count = len(self.truth)
        folds = max(2, min(5 if count < 5000 else 3, count // 2))
        index = np.zeros(count)
        rounds: list[list[tuple[np.ndarray, np.ndarray]]] = []
        for number in range(3 if count < 1000 else 1):
            stratified = self.classes and np.bincount(self.truth).max() >= folds
            kind = StratifiedKFold if stratified else KFold
            splitter = kind(folds, shuffle=True, random_state=1000 * self.seed + number)
            rounds.append(list(splitter.split(index, self.truth if stratified else None)))
        return rounds

    def _width(self) -> int:
        return self.classes or self.truth.shape[1]

    def _predict(self, candidate: Candidate, seen: Any, truth: np.ndarray, unseen: Any) -> np.ndarray:
        if self.classes:
            return self._probabilities(candidate, seen, truth, unseen, self.classes)
        if self.binary:
            columns = [self._probabilities(candidate, seen, column, unseen, 2)[:, 1] for column in truth.T.astype(int)]
            return np.column_stack(columns)
        result = []
        for column in truth.T:
            # Models expect numbers around 0 with a spread of 1.
            middle, spread = column.mean(), column.std() or 1.0
            model = clone(candidate.model).fit(seen, (column - middle) / spread)
            result.append(np.clip(model.predict(unseen) * spread + middle, column.min(), column.max()))
        return np.column_stack(result)

    def _probabilities(
        self, candidate: Candidate, seen: Any, truth: np.ndarray, unseen: Any, classes: int
    ) -> np.ndarray:
        result = np.zeros((unseen.shape[0], classes))
        present = np.unique(truth)
        if len(present) == 1:
            result[:, present[0]] = 1.0
            return result
        model = clone(candidate.model).fit(seen, truth)
        result[:, model.classes_] = model.predict_proba(unseen)
        return result

    def _sharpen(self, prediction: np.ndarray, power: float) -> np.ndarray:
        powers = np.clip(prediction, 1e-9, 1) ** power
        if self.classes:
            result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
            return result
        either: np.ndarray = powers / (powers + np.clip(1 - prediction, 1e-9, 1) ** power)
        return either

    def _shown(self, score: float) -> str:
        return f"{self.metric} {abs(score):.5f}"
