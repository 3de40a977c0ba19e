"""The grids of scikit-learn estimators behind the leaderboards of the builtin competitions: one "team" each."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    BaggingRegressor,
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    VotingClassifier,
    VotingRegressor,
)
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import (
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lasso,
    LinearRegression,
    LogisticRegression,
    PoissonRegressor,
    Ridge,
    RidgeClassifier,
)
from sklearn.naive_bayes import BernoulliNB, GaussianNB, MultinomialNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    MinMaxScaler,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    StandardScaler,
)
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

Team = tuple[str, Any]
SEED = 0


def scaled(model: Any) -> Any:
    """The model behind a standard scaling of the features."""
    return make_pipeline(StandardScaler(), model)


class ShiftedCopies(ClassifierMixin, BaseEstimator):
    """A classifier of 8 x 8 images, trained also on copies of them that are moved by one pixel in four directions."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, pixels: Any, labels: Any) -> ShiftedCopies:
        """Train on pixels (n, 64) and their copies."""
        images = pixels.reshape(-1, 8, 8)
        copies = [images] + [np.roll(images, step, axis) for axis in (1, 2) for step in (1, -1)]
        self.model_ = clone(self.model).fit(np.concatenate(copies).reshape(-1, 64), np.tile(labels, 5))
        self.classes_ = self.model_.classes_
        return self

    def predict(self, pixels: Any) -> Any:
        """Labels of pixels (n, 64)."""
        return self.model_.predict(pixels)


def neighbours(make: Any, counts: tuple[int, ...]) -> Iterator[Team]:
    """k nearest neighbours, scaled and not, weighted and not."""
    for k, weights in itertools.product(counts, ("uniform", "distance")):
        yield f"neighbours k={k} {weights}", make(k, weights=weights)
        yield f"scaled neighbours k={k} {weights}", scaled(make(k, weights=weights))


def forests(
    kinds: dict[str, Any], features: tuple[Any, ...], leaves: tuple[int, ...], sizes: tuple[int, ...]
) -> Iterator[Team]:
    """Averaged trees."""
    for (name, make), f, leaf, n in itertools.product(kinds.items(), features, leaves, sizes):
        yield (
            f"{name} n={n} features={f} leaf={leaf}",
            make(n_estimators=n, max_features=f, min_samples_leaf=leaf, random_state=SEED),
        )


CLASSIFIER_FORESTS = {"random forest": RandomForestClassifier, "extra trees": ExtraTreesClassifier}
REGRESSOR_FORESTS = {"random forest": RandomForestRegressor, "extra trees": ExtraTreesRegressor}


def logistic(c: float, **options: Any) -> Any:
    """Logistic regression, solved far enough that all machines agree."""
    return LogisticRegression(C=c, max_iter=20_000, tol=1e-8, **options)


def digits_teams() -> Iterator[Team]:
    """Estimators of the digit images; features are 64 pixels in 0..1."""
    yield "most frequent", DummyClassifier()
    yield "nearest centroid", NearestCentroid()
    for smoothing in (1e-9, 1e-4, 1e-2):
        yield f"gaussian naive bayes smoothing={smoothing}", GaussianNB(var_smoothing=smoothing)
    for threshold in (0.2, 0.4, 0.6):
        yield f"bernoulli naive bayes threshold={threshold}", BernoulliNB(binarize=threshold)
    yield "multinomial naive bayes", MultinomialNB()
    for depth in (3, 6, 9, None):
        yield f"tree depth={depth}", DecisionTreeClassifier(max_depth=depth, random_state=SEED)
    yield from neighbours(KNeighborsClassifier, (1, 3, 5, 9))
    yield from forests(CLASSIFIER_FORESTS, ("sqrt", 0.3), (1, 3), (20, 100, 300))
    for rate, n in ((0.1, 30), (0.1, 100), (0.3, 50)):
        yield (
            f"boosted histograms rate={rate} n={n}",
            HistGradientBoostingClassifier(learning_rate=rate, max_iter=n, max_leaf_nodes=8, random_state=SEED),
        )
    for n in (50, 200):
        yield (
            f"adaboost n={n}",
            AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=n, random_state=SEED),
        )
    for c in (0.01, 0.1, 1.0, 10.0):
        yield f"logistic C={c}", logistic(c)
    for alpha in (0.1, 10.0):
        yield f"ridge alpha={alpha}", RidgeClassifier(alpha=alpha)
    for shrinkage in (0.05, 0.2, 0.5):
        yield (
            f"linear discriminants shrinkage={shrinkage}",
            LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage),
        )
    for n in (10, 20, 30):
        yield (
            f"{n} components, quadratic discriminants",
            make_pipeline(PCA(n, random_state=SEED), QuadraticDiscriminantAnalysis(reg_param=0.05)),
        )
    for c, gamma in itertools.product((0.3, 1.0, 10.0), (0.03, 0.1, 0.3, 0.6)):
        yield f"svm C={c} gamma={gamma}", SVC(C=c, gamma=gamma)
    for c in (0.1, 1.0):
        yield f"linear svm C={c}", SVC(kernel="linear", C=c)
    for degree in (2, 3, 4):
        yield f"polynomial svm degree={degree}", SVC(kernel="poly", degree=degree, C=10, gamma=0.1, coef0=1)
    yield "scaled svm", scaled(SVC())
    for n, c in itertools.product((15, 30), (1.0, 10.0)):
        yield f"{n} components, svm C={c}", make_pipeline(PCA(n, random_state=SEED), SVC(C=c))
    for c, gamma in itertools.product((1.0, 3.0, 10.0), (0.1, 0.2, 0.3)):
        yield f"svm C={c} gamma={gamma}, shifted copies", ShiftedCopies(SVC(C=c, gamma=gamma))
    for degree in (3, 5):
        model = SVC(kernel="poly", degree=degree, C=10, gamma=0.1, coef0=1)
        yield f"polynomial svm degree={degree}, shifted copies", ShiftedCopies(model)
    yield "20 components, svm C=10, shifted copies", ShiftedCopies(make_pipeline(PCA(20, random_state=SEED), SVC(C=10)))
    for k in (1, 3):
        yield f"neighbours k={k}, shifted copies", ShiftedCopies(KNeighborsClassifier(k))
    yield "extra trees, shifted copies", ShiftedCopies(ExtraTreesClassifier(300, random_state=SEED))
    members = [
        ("svm", SVC(C=10, gamma=0.3)),
        ("near", KNeighborsClassifier(1)),
        ("trees", ExtraTreesClassifier(300, random_state=SEED)),
    ]
    yield "vote of svm, neighbours and trees", VotingClassifier(members)
    yield "vote of svm, neighbours and trees, shifted copies", ShiftedCopies(VotingClassifier(members))


def probability_teams() -> Iterator[Team]:
    """Classifiers of tables that give probabilities; for breast cancer and wine."""
    yield "class shares", DummyClassifier(strategy="prior")
    for smoothing in (1e-9, 1e-6, 1e-3):
        yield f"gaussian naive bayes smoothing={smoothing}", GaussianNB(var_smoothing=smoothing)
    yield "scaled gaussian naive bayes, smoothing=0.1", scaled(GaussianNB(var_smoothing=0.1))
    yield (
        "gaussian naive bayes of ranks",
        make_pipeline(QuantileTransformer(n_quantiles=20), GaussianNB(var_smoothing=0.01)),
    )
    for depth, leaf in itertools.product((1, 2, 4), (1, 5)):
        yield (
            f"tree depth={depth} leaf={leaf}",
            DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf, random_state=SEED),
        )
    yield from neighbours(KNeighborsClassifier, (3, 7, 15))
    yield from forests(CLASSIFIER_FORESTS, ("sqrt", 0.5), (1, 3), (20, 100, 300))
    for rate, n in ((0.1, 30), (0.1, 100), (0.3, 50)):
        yield (
            f"boosted histograms rate={rate} n={n}",
            HistGradientBoostingClassifier(learning_rate=rate, max_iter=n, min_samples_leaf=5, random_state=SEED),
        )
    for rate, depth, n in itertools.product((0.05, 0.2), (1, 3), (50, 200)):
        yield (
            f"boosted trees rate={rate} depth={depth} n={n}",
            GradientBoostingClassifier(
                learning_rate=rate, max_depth=depth, n_estimators=n, subsample=0.7, random_state=SEED
            ),
        )
    for n in (50, 200):
        yield f"adaboost n={n}", AdaBoostClassifier(n_estimators=n, random_state=SEED)
    for c in (0.001, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 100.0):
        yield f"scaled logistic C={c}", scaled(logistic(c))
    for c in (0.1, 1.0, 10.0):
        yield f"logistic on 0..1 C={c}", make_pipeline(MinMaxScaler(), logistic(c))
    for c in (0.1, 1.0):
        yield f"logistic on normal-shaped features C={c}", make_pipeline(PowerTransformer(), logistic(c))
    for n, c in itertools.product((2, 5, 10), (0.1, 1.0)):
        yield f"{n} components, logistic C={c}", make_pipeline(StandardScaler(), PCA(n, random_state=SEED), logistic(c))
    for shrinkage in (0.01, 0.05, 0.1, 0.2, 0.5, 0.9):
        yield (
            f"linear discriminants shrinkage={shrinkage}",
            scaled(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage)),
        )
    for penalty in (0.1, 0.3, 0.6):
        yield f"quadratic discriminants penalty={penalty}", scaled(QuadraticDiscriminantAnalysis(reg_param=penalty))
    for c, gamma in itertools.product((0.1, 1.0, 10.0), (0.01, 0.05)):
        yield (
            f"calibrated svm C={c} gamma={gamma}",
            scaled(CalibratedClassifierCV(SVC(C=c, gamma=gamma), cv=5, ensemble=False)),
        )
    for c in (0.1, 1.0):
        yield (
            f"calibrated linear svm C={c}",
            scaled(CalibratedClassifierCV(SVC(kernel="linear", C=c), cv=5, ensemble=False)),
        )
    for width in (3.0, 6.0, 12.0):
        kernel = ConstantKernel(10.0) * RBF(width)
        yield f"gaussian process width={width}", scaled(GaussianProcessClassifier(kernel, optimizer=None))
    members = [
        ("logistic", scaled(logistic(0.3))),
        ("trees", ExtraTreesClassifier(300, random_state=SEED)),
        ("svm", scaled(CalibratedClassifierCV(SVC(), cv=5, ensemble=False))),
    ]
    members += [
        ("discriminants", scaled(LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.1))),
        ("bends", scaled(QuadraticDiscriminantAnalysis(reg_param=0.3))),
    ]
    for size in (2, 3, 4):
        for chosen in itertools.combinations(members, size):
            yield f"mean of {', '.join(name for name, _ in chosen)}", VotingClassifier(list(chosen), voting="soft")


def diabetes_teams() -> Iterator[Team]:
    """Regressors for diabetes."""
    yield "mean", DummyRegressor()
    yield "median", DummyRegressor(strategy="median")
    yield "least squares", LinearRegression()
    for alpha in (0.1, 1.0, 10.0, 30.0, 100.0, 300.0):
        yield f"ridge alpha={alpha}", scaled(Ridge(alpha))
    for alpha in (0.3, 1.0, 3.0, 6.0, 12.0):
        yield f"lasso alpha={alpha}", scaled(Lasso(alpha, tol=1e-8))
    for alpha, ratio in itertools.product((0.1, 0.5, 1.0), (0.2, 0.7)):
        yield f"elastic net alpha={alpha} ratio={ratio}", scaled(ElasticNet(alpha=alpha, l1_ratio=ratio, tol=1e-8))
    yield "bayesian ridge", scaled(BayesianRidge())
    for epsilon in (1.2, 2.0):
        yield f"huber epsilon={epsilon}", scaled(HuberRegressor(epsilon=epsilon, max_iter=10_000, tol=1e-8))
    for alpha in (0.01, 1.0):
        yield f"poisson alpha={alpha}", scaled(PoissonRegressor(alpha=alpha, max_iter=10_000, tol=1e-8))
    for alpha in (10.0, 100.0, 300.0, 1000.0):
        yield (
            f"products of features, ridge alpha={alpha}",
            make_pipeline(StandardScaler(), PolynomialFeatures(2), StandardScaler(), Ridge(alpha)),
        )
    for alpha in (1.0, 3.0, 6.0):
        yield (
            f"products of features, lasso alpha={alpha}",
            make_pipeline(
                StandardScaler(), PolynomialFeatures(2), StandardScaler(), Lasso(alpha, tol=1e-6, max_iter=20_000)
            ),
        )
    for depth, leaf in itertools.product((2, 4, None), (1, 10)):
        yield (
            f"tree depth={depth} leaf={leaf}",
            DecisionTreeRegressor(max_depth=depth, min_samples_leaf=leaf, random_state=SEED),
        )
    yield from neighbours(KNeighborsRegressor, (3, 10, 25))
    yield from forests(REGRESSOR_FORESTS, (0.3, 1.0), (1, 5, 15), (20, 200))
    for rate, depth, n in itertools.product((0.05, 0.1), (1, 2, 4), (50, 200)):
        yield (
            f"boosted trees rate={rate} depth={depth} n={n}",
            GradientBoostingRegressor(
                learning_rate=rate, max_depth=depth, n_estimators=n, subsample=0.5, random_state=SEED
            ),
        )
    for rate, n in ((0.05, 50), (0.1, 50), (0.1, 200)):
        yield (
            f"boosted histograms rate={rate} n={n}",
            HistGradientBoostingRegressor(learning_rate=rate, max_iter=n, max_leaf_nodes=8, random_state=SEED),
        )
    for n in (20, 100):
        yield (
            f"adaboost n={n}",
            AdaBoostRegressor(DecisionTreeRegressor(max_depth=3), n_estimators=n, random_state=SEED),
        )
    for c, gamma in itertools.product((1.0, 10.0, 50.0, 300.0), (0.01, 0.05)):
        yield f"svm C={c} gamma={gamma}", scaled(SVR(C=c, gamma=gamma))
    for alpha, gamma in itertools.product((0.1, 0.3, 1.0, 3.0), (0.002, 0.01, 0.03)):
        yield f"kernel ridge alpha={alpha} gamma={gamma}", scaled(KernelRidge(alpha=alpha, kernel="rbf", gamma=gamma))
    for width in (3.0, 5.0, 10.0, 20.0):
        kernel = ConstantKernel(4.0) * RBF(width) + WhiteKernel(1.0)
        yield (
            f"gaussian process width={width}",
            scaled(GaussianProcessRegressor(kernel, optimizer=None, normalize_y=True)),
        )
    yield "bagged ridge", scaled(BaggingRegressor(Ridge(10), n_estimators=100, max_features=0.6, random_state=SEED))
    members = [
        ("ridge", scaled(Ridge(30))),
        ("forest", RandomForestRegressor(200, min_samples_leaf=5, max_features=0.3, random_state=SEED)),
        ("svm", scaled(SVR(C=50, gamma=0.01))),
    ]
    members += [
        (
            "products",
            make_pipeline(
                StandardScaler(), PolynomialFeatures(2), StandardScaler(), Lasso(3.0, tol=1e-6, max_iter=20_000)
            ),
        ),
        (
            "kernel",
            scaled(
                GaussianProcessRegressor(
                    ConstantKernel(4.0) * RBF(5.0) + WhiteKernel(1.0), optimizer=None, normalize_y=True
                )
            ),
        ),
    ]
    for size in (2, 3, 5):
        for chosen in itertools.combinations(members, size):
            yield f"mean of {', '.join(name for name, _ in chosen)}", VotingRegressor(list(chosen))
