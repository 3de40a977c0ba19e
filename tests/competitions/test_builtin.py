"""The builtin competitions: scikit-learn's own data, the same bytes everywhere, and leaderboards of models."""

from __future__ import annotations

import csv
import hashlib

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pytest_mlebench.catalog import Catalog

BUILTINS = [pytest.param(c, id=c.id) for c in Catalog() if c.complexity == "builtin"]
every_builtin = pytest.mark.parametrize("competition", BUILTINS)


def test_there_are_four_of_different_kinds():
    competitions = [param.values[0] for param in BUILTINS]
    assert len(competitions) == 4
    assert len({c.metric for c in competitions}) == 4
    assert {c.lower_is_better for c in competitions} == {True, False}
    assert {c.category for c in competitions} == {"tabular", "image classification"}


@every_builtin
def test_prepared_files_are_those_recorded_on_another_machine(competition, prepared):
    data = prepared(competition)
    found = {}
    for part in (data.public, data.private):
        for path in part.glob("*.csv"):
            found[f"{part.name}/{path.name}"] = hashlib.md5(path.read_bytes()).hexdigest()
    assert found == dict(competition.md5)


@every_builtin
def test_the_answers_score_best_and_the_sample_is_valid_and_poor(competition, prepared):
    data = prepared(competition)
    best = competition.grade(data.private / competition.answers, data.private)
    assert (best.medal, best.rank) == ("gold", 1)
    assert best.score == (0 if competition.lower_is_better else 1)
    sample = competition.grade(competition.sample_path(data.public, data.private), data.private)
    assert sample.valid
    assert sample.score == competition.facts["reference"]["sample_submission_score"]
    assert not sample.above_median


@every_builtin
def test_sizes_are_those_recorded_and_no_row_is_in_both_parts(competition, prepared):
    data = prepared(competition)
    train, test = pd.read_csv(data.public / "train.csv"), pd.read_csv(data.public / "test.csv")
    assert {"public/train.csv": len(train), "public/test.csv": len(test)} == competition.facts["rows"]
    identity = test.columns[0]
    assert train.columns[0] == identity
    assert not set(train[identity]) & set(test[identity])
    assert set(test.columns) < set(train.columns)
    assert list(pd.read_csv(data.public / "sample_submission.csv")[identity]) == list(test[identity])


@every_builtin
def test_ids_tell_nothing_of_labels_or_of_the_original_order(competition, prepared):
    data = prepared(competition)
    train = pd.read_csv(data.public / "train.csv")
    number = train.iloc[:, 0].astype(str).str.removesuffix(".png").astype(int)
    label = pd.Series(pd.factorize(train.iloc[:, -1], sort=True)[0])
    # By chance alone, a correlation over n rows stays within 3 / sqrt(n).
    assert abs(number.corr(label)) < 3 / len(train) ** 0.5
    ordered = label[number.argsort()].to_numpy()
    assert abs(np.corrcoef(ordered[1:], ordered[:-1])[0, 1]) < 3 / len(train) ** 0.5


@every_builtin
def test_the_leaderboard_has_over_100_named_teams_in_order(competition):
    with (competition.folder / "leaderboard.csv").open() as file:
        rows = list(csv.DictReader(file))
    scores = [float(row["score"]) for row in rows]
    assert len({row["team"] for row in rows}) == len(rows) > 100
    assert scores == sorted(scores, reverse=not competition.lower_is_better)
    assert len({competition.leaderboard.gold, competition.leaderboard.silver, competition.leaderboard.bronze}) == 3


@every_builtin
@pytest.mark.parametrize("obfuscated", [False, True])
def test_descriptions_name_every_public_file_and_column(competition, prepared, obfuscated):
    data = prepared(competition)
    text = (competition.description_obfuscated if obfuscated else competition.description).read_text()
    for path in data.public.iterdir():
        assert (f"`{path.name}/`" if path.is_dir() else f"`{path.name}`") in text, path.name
    sample = pd.read_csv(data.public / "sample_submission.csv")
    for column in sample.columns:
        assert f"`{column}`" in text, column
    assert "\n" + ",".join(sample.columns) + "\n" in text
    for rows in competition.facts["rows"].values():
        assert str(rows) in text
    if not obfuscated:
        assert f"{competition.leaderboard.teams} teams" in text
        assert "against the rules" in text


def test_digit_images_are_those_of_the_tables_and_carry_nothing_else(prepared):
    data = prepared(Catalog().get("builtin-digits"))
    for part in ("train", "test"):
        names = pd.read_csv(data.public / f"{part}.csv")["image"]
        assert sorted(path.name for path in (data.public / part).iterdir()) == sorted(names)
    with Image.open(data.public / "test" / names.iloc[0]) as image:
        assert (image.size, image.mode, image.info) == ((8, 8), "L", {})


@pytest.mark.parametrize(
    ("name", "change", "reason"),
    [
        ("builtin-breast-cancer", {"malignant": 1.5}, "probabilities, from 0 to 1"),
        ("builtin-breast-cancer", {"malignant": "yes"}, "must hold numbers"),
        ("builtin-diabetes", {"progression": None}, "finite numbers"),
        ("builtin-digits", {"label": 0.5}, "one label in every row"),
        ("builtin-digits", {"image": "0001.png"}, "more than once"),
        ("builtin-wine", {"A": 0.9}, "must sum to 1"),
        ("builtin-wine", {"id": range(1000, 1089)}, "not among those to predict"),
    ],
)
def test_what_the_format_rules_refuse(name, change, reason, prepared, tmp_path):
    competition = Catalog().get(name)
    data = prepared(competition)
    sample = pd.read_csv(data.public / "sample_submission.csv")
    sample.assign(**change).to_csv(tmp_path / "submission.csv", index=False)
    grade = competition.grade(tmp_path / "submission.csv", data.private)
    assert not grade.valid
    assert reason in str(grade.reason)
