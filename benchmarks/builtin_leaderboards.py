"""Make the leaderboards of the builtin competitions: held-out scores of a grid of scikit-learn estimators.

    python benchmarks/builtin_leaderboards.py            write competitions/builtin-*/leaderboard.csv
    python benchmarks/builtin_leaderboards.py --check    compare with the files that are there, change nothing

Each row is a "team": one estimator of builtin_grids.py, trained on the public train data and graded as a submission is.
Nothing is tuned on the held-out answers; weak settings are kept, as on any leaderboard. Everything random has a fixed
seed, and predictions are rounded to 6 decimals, so that the order in which a processor sums numbers does not show.
The seed of each train/test split was picked once, among five, so that defaults stay below gold.
Minor versions of scikit-learn change an estimator here and there: MADE_WITH gives the same rows on any machine.
"""

from __future__ import annotations

import argparse
import csv
import io
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from builtin_grids import Team, diabetes_teams, digits_teams, probability_teams
from PIL import Image

from pytest_mlebench import catalog
from pytest_mlebench.competition import Competition

MADE_WITH = "1.9"
"""The minor version of scikit-learn that the rows in the repository are from."""


def read_pixels(folder: Path, names: pd.Series) -> Any:
    """Pixels (n, 64) in 0..1 of the named images."""
    return np.stack([np.asarray(Image.open(folder / name), dtype=np.float64).ravel() / 255 for name in names])


def digits_rows(public: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """A submission of each team to the digits."""
    train, test = pd.read_csv(public / "train.csv"), pd.read_csv(public / "test.csv")
    seen, unseen = read_pixels(public / "train", train["image"]), read_pixels(public / "test", test["image"])
    for team, model in digits_teams():
        yield team, test[["image"]].assign(label=model.fit(seen, train["label"].to_numpy()).predict(unseen))


def table_rows(target: str, teams: Callable[[], Iterator[Team]], public: Path) -> Iterator[tuple[str, pd.DataFrame]]:
    """A submission of each team to one of the tables."""
    train, test = pd.read_csv(public / "train.csv"), pd.read_csv(public / "test.csv")
    sample = pd.read_csv(public / "sample_submission.csv")
    seen, unseen = train.drop(columns=["id", target]).to_numpy(), test.drop(columns="id").to_numpy()
    labels = train[target].to_numpy()
    for team, model in teams():
        model.fit(seen, labels)
        if not hasattr(model, "predict_proba"):
            predictions = model.predict(unseen)[:, None]
        elif sample.shape[1] == 2:
            predictions = model.predict_proba(unseen)[:, 1:]
        else:
            predictions = model.predict_proba(unseen)
        values = pd.DataFrame(predictions.round(6), columns=list(sample.columns[1:]), index=test.index)
        yield team, pd.concat([test[["id"]], values], axis=1)


ROWS: dict[str, Callable[[Path], Iterator[tuple[str, pd.DataFrame]]]] = {
    "builtin-breast-cancer": lambda public: table_rows("malignant", probability_teams, public),
    "builtin-diabetes": lambda public: table_rows("progression", diabetes_teams, public),
    "builtin-digits": digits_rows,
    "builtin-wine": lambda public: table_rows("cultivar", probability_teams, public),
}


def leaderboard(competition: Competition) -> str:
    """The text of its leaderboard.csv: score and team, best first, equal scores by name."""
    with tempfile.TemporaryDirectory() as temporary:
        # Grading looks at the leaderboard that is being made, so any will do.
        copy = Path(shutil.copytree(competition.folder, Path(temporary) / competition.id))
        (copy / "leaderboard.csv").write_text("score\n0\n1\n")
        competition = Competition.read(copy)
        raw, public, private = (Path(temporary) / name for name in ("raw", "public", "private"))
        for folder in (raw, public, private):
            folder.mkdir()
        competition.make_raw(raw)
        competition.prepare(raw, public, private)
        rows = []
        for team, submission in ROWS[competition.id](public):
            submission.to_csv(public / "submission.csv", index=False)
            grade = competition.grade(public / "submission.csv", private)
            if grade.score is None:
                raise SystemExit(f"{competition.id}: {team}: {grade.reason}")
            rows.append((grade.score, team))
    sign = 1 if competition.facts["metric"]["lower_is_better"] else -1
    rows.sort(key=lambda row: (sign * row[0], row[1]))
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(
        [("score", "team"), *((f"{score:.5f}", team) for score, team in rows)]
    )
    return text.getvalue()


def main() -> int:
    """Write or check the leaderboards; the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("ids", nargs="*", default=[], metavar="ID", help=f"one of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--check", action="store_true", help="change nothing; compare with the files that are there")
    arguments = parser.parse_args()
    for name in arguments.ids:
        if name not in ROWS:
            parser.error(f"no builtin competition {name!r}: choose from {', '.join(ROWS)}")
    if not sklearn.__version__.startswith(f"{MADE_WITH}."):
        print(f"note: scikit-learn {sklearn.__version__} is here, the rows in the repository are from {MADE_WITH}")
    warnings.simplefilter("ignore")
    same = True
    for name in arguments.ids or ROWS:
        started = time.monotonic()
        competition = catalog.get(name)
        text = leaderboard(competition)
        path = competition.folder / "leaderboard.csv"
        verdict = "written"
        if arguments.check:
            verdict = "same" if path.read_text() == text else "DIFFERS"
            same &= verdict == "same"
        else:
            path.write_text(text)
        print(f"{name}: {text.count(chr(10)) - 1} teams, {verdict}, {time.monotonic() - started:.0f} s")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
