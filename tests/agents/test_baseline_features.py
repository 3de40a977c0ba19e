"""The baseline agent's features, masks and blends."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from pytest_mlebench.agents.baseline.solver.choosing import Contest
from pytest_mlebench.agents.baseline.solver.columns import features_of, is_text
from pytest_mlebench.agents.baseline.solver.images import shifted
from pytest_mlebench.agents.baseline.solver.masks import decode, encode
from pytest_mlebench.agents.baseline.solver.models import Candidate


def features(**columns):
    table = pd.DataFrame(columns)
    half = len(table) // 2
    return features_of(table.head(half), table.tail(len(table) - half), list(table.columns), "id")


def test_composite_texts_are_taken_apart():
    cabins = [f"{'ABC'[n % 3]}/{n}/{'PS'[n % 2]}" for n in range(99)] + [None]
    found = features(cabin=cabins)
    assert set(found.categories) == {"cabin part 1", "cabin part 3"}
    assert list(found.numbers["cabin part 2"][:3]) == [0, 1, 2]
    assert np.isnan(found.numbers["cabin part 2"][-1])
    assert found.notes == ["cabin is made of 3 parts with '/'"]


def test_ids_made_of_parts_give_the_size_of_their_groups_and_plain_ids_nothing():
    found = features(id=["0001_01", "0001_02", "0001_03", "0002_01", "0003_01", "0003_02"])
    assert list(found.numbers["id rows with part 1"]) == [3, 3, 3, 1, 2, 2]
    assert not features(id=[3, 1, 2, 7]).numbers


def test_booleans_with_blanks_dates_and_numbers_in_texts():
    found = features(
        flag=[True, None, False, True],
        day=["2024-01-31", "2024-02-01", None, "2025-02-01"],
        number=["1", "2.5", " 3", None],
    )
    assert found.numbers["flag"][0] == 1
    assert np.isnan(found.numbers["flag"][1])
    assert list(found.numbers["day month"][:2]) == [1, 2]
    assert list(found.numbers["number"][:3]) == [1, 2.5, 3]
    for view in (found.trees(), found.linear()):
        assert view.shape[0] == 4
        assert np.isfinite(view).all()


def test_prose_is_told_from_categories():
    assert is_text(pd.Series([f"once upon a time there were {n} dwarfs" for n in range(50)]))
    assert not is_text(pd.Series(["once upon a time there were 7 dwarfs"] * 50))
    assert not is_text(pd.Series(["red", "green"] * 25))
    assert not is_text(pd.Series(range(50)))


def test_shifted_copies_move_by_one_pixel_and_keep_the_shape():
    image = np.zeros((1, 9))
    image[0, 4] = 1
    assert sorted(int(copy.argmax()) for copy in shifted(image)) == [1, 3, 5, 7]
    assert shifted(np.zeros((1, 10))) == []


@pytest.mark.parametrize("runs", ["", "1 1", "1 3 10 2", "3 10"])
def test_run_lengths_come_back_as_they_were(runs):
    assert encode(decode(runs, 3, 4)) == runs
    # Down the columns: the fourth pixel is the first of the second column.
    assert decode("4 1", 3, 4)[0, 1]


def contest(truth, views, metric, **more):
    return Contest(np.asarray(truth), views, metric, 0, lambda: 60.0, lambda text: None, **more)


def test_a_blend_is_at_least_as_good_as_its_best_member_and_weighs_noise_down():
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, 200)
    signal = truth[:, None] + random.normal(size=(200, 2))
    views = {"signal": np.vstack([signal, signal[:50]]), "noise": random.normal(size=(250, 2))}
    game = contest(truth, views, "auc", classes=2)
    for view in views:
        assert game.enter(Candidate("logistic", view, LogisticRegression()))
    test, score, made_of = game.blend()
    assert score >= max(tried.score for tried in game.tried) > 0.7
    assert test.shape == (50, 2)
    assert "logistic on signal" in made_of


def test_classes_too_rare_for_every_fold_and_columns_of_one_value_do_no_harm():
    rows = np.random.default_rng(0).normal(size=(45, 3))
    game = contest([0] * 20 + [1] * 19 + [2], {"v": rows}, "log loss", classes=3)
    assert game.enter(Candidate("logistic", "v", LogisticRegression()))
    assert game.tried[0].test.shape == (5, 3)
    columns = np.column_stack([[0, 1] * 20, [0] * 40]).astype(float)
    game = contest(columns, {"v": rows}, "auc", binary=True)
    assert game.enter(Candidate("logistic", "v", LogisticRegression()))
    assert (game.tried[0].test[:, 1] == 0).all()


def test_a_candidate_that_would_take_too_long_is_left_out_unless_it_is_the_first():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    game = contest([0, 1] * 20, {"v": rows}, "auc", classes=2)
    game.left = lambda: 0.0
    assert game.enter(Candidate("logistic", "v", LogisticRegression()))
    assert not game.enter(Candidate("logistic again", "v", LogisticRegression()))
    assert len(game.tried) == 1
