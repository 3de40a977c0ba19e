"""The models that are tried, by what there is to learn from and how much of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestRegressor,
)
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.linear_model import LassoCV, LogisticRegression, Ridge, RidgeCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import MultinomialNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR

from .images import shifted

__all__ = ["Candidate", "classifiers", "regressors"]

_FEW = 3000
"""Up to so many rows, models whose cost grows with the square or cube of the rows are tried too."""


@dataclass(frozen=True)
class Candidate:
    """A model on one view of the data."""

    name: str
    view: str
    model: Any
    """An estimator, to be cloned."""


class Decisions(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier that has no probabilities of its own; its decision values stand for them.

    They order rows and classes well, but say little of how sure the model is.
    """

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, rows: Any, labels: Any) -> Decisions:
        """Train the model."""
        self.model_ = clone(self.model).fit(rows, labels)
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, rows: Any) -> np.ndarray:
        """Shape (rows, classes), each row sums to 1."""
        values = self.model_.decision_function(rows)
        values = np.column_stack([-values, values]) if values.ndim == 1 else 2 * values
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        result: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
        return result


class ShiftedCopies(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier of tiny images, trained also on copies of them that are moved by one pixel."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, pixels: Any, labels: Any) -> ShiftedCopies:
        """Train on pixels (n, side * side) and their copies."""
        copies = [pixels, *shifted(pixels)]
        self.model_ = clone(self.model).fit(np.concatenate(copies), np.tile(labels, len(copies)))
        self.classes_ = self.model_.classes_
        return self

    def predict_proba(self, pixels: Any) -> np.ndarray:
        """Probabilities of the images as they are."""
        result: np.ndarray = self.model_.predict_proba(pixels)
        return result


def classifiers(views: dict[str, Any], rows: int, classes: int, metric: str, seed: int) -> list[Candidate]:
    """Candidates for classes, cheap and sturdy ones first; each has predict_proba."""
    found: list[Candidate] = []
    few = rows <= _FEW

    def add(name: str, view: str, model: Any) -> None:
        if view in views:
            found.append(Candidate(name, view, model))

    def svm(c: float, gamma: Any) -> Any:
        model = SVC(C=c, gamma=gamma)
        # Only a loss that judges probabilities is worth the time of calibrating them.
        return CalibratedClassifierCV(model, cv=3, ensemble=False) if metric == "log loss" else Decisions(model)

    trees = 300 if rows * classes < 100_000 else 100
    for alpha in (0.03, 0.3):
        add(f"naive bayes {alpha}", "counts", MultinomialNB(alpha=alpha))
    for c in (3.0, 30.0):
        add(
            f"logistic C={c}",
            "text",
            OneVsRestClassifier(LogisticRegression(C=c, solver="liblinear", random_state=seed)),
        )
    for view in ("trees", "topics"):
        add(
            "extra trees",
            view,
            ExtraTreesClassifier(trees, min_samples_leaf=1 if few else 2, random_state=seed),
        )
        if rows >= 200:
            leaves = 8 if few else 31
            add(
                "boosted trees",
                view,
                HistGradientBoostingClassifier(
                    max_iter=80, max_leaf_nodes=leaves, learning_rate=0.08, min_samples_leaf=10, random_state=seed
                ),
            )
    for c in (0.03, 0.3, 3.0, 30.0) if few else (0.1, 1.0):
        add(f"logistic C={c}", "linear", LogisticRegression(C=c, max_iter=2000))
    if few:
        add("svm C=1", "linear", svm(1.0, "scale"))
        add("svm C=10", "linear", svm(10.0, _gamma(views, "linear", 0.3)))
        for shrinkage in (0.05, 0.2):
            add(
                f"linear discriminants {shrinkage}",
                "linear",
                LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage),
            )
        add("quadratic discriminants", "linear", QuadraticDiscriminantAnalysis(reg_param=0.3))
    _add_image_classifiers(add, views, svm, few, trees, seed)
    if metric == "log loss":
        # In a blend, the shares of the classes temper models that are too sure.
        add("class shares", next(iter(views)), DummyClassifier(strategy="prior"))
    return found


def _add_image_classifiers(
    add: Callable[[str, str, Any], None],
    views: dict[str, Any],
    svm: Callable[[float, Any], Any],
    few: bool,
    trees: int,
    seed: int,
) -> None:
    add("extra trees", "pixels", ExtraTreesClassifier(trees, random_state=seed))
    if few:
        for gamma in (0.5, 1.0, 2.0):
            width = _gamma(views, "pixels", gamma)
            add(f"svm x{gamma}, shifted", "pixels", ShiftedCopies(svm(10.0, width)))
        add("neighbours, shifted", "pixels", ShiftedCopies(KNeighborsClassifier(3, weights="distance")))
    else:
        add("logistic", "pixels", LogisticRegression(C=0.1, max_iter=300))
    add("logistic", "shapes", LogisticRegression(C=0.003, max_iter=500))
    add("extra trees", "shapes", ExtraTreesClassifier(trees, min_samples_leaf=2, random_state=seed))
    if few:
        add("svm", "shapes", svm(3.0, "scale"))
    else:
        add(
            "boosted trees",
            "shapes",
            HistGradientBoostingClassifier(max_iter=80, max_leaf_nodes=15, max_features=0.1, random_state=seed),
        )


def regressors(views: dict[str, Any], rows: int, metric: str, seed: int) -> list[Candidate]:
    """Candidates for numbers whose mean is 0 and spread 1, cheap and sturdy ones first."""
    found: list[Candidate] = []
    few = rows <= _FEW

    def add(name: str, view: str, model: Any) -> None:
        if view in views:
            found.append(Candidate(name, view, model))

    loss = "absolute_error" if metric == "mae" else "squared_error"
    trees = 300 if few else 100
    for view in ("linear", "topics", "shapes", "pixels"):
        add("ridge", view, RidgeCV(np.logspace(-1, 4, 26)))
    add("ridge", "text", Ridge(1.0, solver="sag" if rows > 20_000 else "auto", random_state=seed))
    for view in ("trees", "topics", "shapes", "pixels"):
        if view in ("trees", "topics"):
            add(
                "random forest",
                view,
                RandomForestRegressor(trees, min_samples_leaf=5, max_features=0.4, random_state=seed),
            )
        add(
            "extra trees",
            view,
            ExtraTreesRegressor(trees, min_samples_leaf=3, max_features=0.5, random_state=seed),
        )
        leaves = 5 if few else 31
        add(
            "boosted trees",
            view,
            HistGradientBoostingRegressor(
                loss=loss, max_iter=80 if few else 300, max_leaf_nodes=leaves, learning_rate=0.07, random_state=seed
            ),
        )
    if few:
        add("lasso", "linear", LassoCV(random_state=seed, max_iter=5000))
        for c, share in ((0.5, 0.1), (1.0, 0.5)):
            add(f"svm C={c}", "linear", SVR(C=c, gamma=_gamma(views, "linear", share)))
        add("svm", "shapes", SVR())
        kernel = ConstantKernel(1.0) * RBF(5.0) + WhiteKernel(0.5)
        if rows <= 1000:
            add("gaussian process", "linear", GaussianProcessRegressor(kernel, random_state=seed))
        if "linear" in views and views["linear"].shape[1] <= 25:
            add(
                "products, lasso",
                "linear",
                make_pipeline(
                    PolynomialFeatures(2), StandardScaler(), LassoCV(random_state=seed, max_iter=5000, tol=1e-3)
                ),
            )
    return found


def _gamma(views: dict[str, Any], view: str, share: float) -> float:
    """A width of the radial kernel: `share` of what scikit-learn calls ``scale``."""
    return float(share / (views[view].shape[1] * views[view].var())) if view in views else 1.0
