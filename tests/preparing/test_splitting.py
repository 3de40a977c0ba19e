from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pytest_mlebench.preparing.splitting import train_test, train_test_by, train_test_each, train_test_groups

GROUPS = st.lists(st.integers(0, 9), min_size=8).filter(lambda groups: len(set(groups)) > 2)


def test_parts_are_those_of_scikit_learn_for_seed_0():
    for rows in (list("abcdefgh"), np.arange(30), pd.DataFrame({"x": range(20)})):
        for got, expected in zip(
            train_test(rows, 0.1), train_test_split(rows, test_size=0.1, random_state=0), strict=True
        ):
            assert type(got) is type(expected)
            assert list(map(str, got)) == list(map(str, expected))
    assert train_test(list(range(9)), 3, random_state=7) == tuple(
        train_test_split(range(9), test_size=3, random_state=7)
    )


@given(GROUPS | GROUPS.map(lambda groups: [f"g{group}" for group in groups]))
def test_rows_of_a_value_stay_together_and_in_order(groups):
    table = pd.DataFrame({"group": groups, "n": range(len(groups))})
    train, test = train_test_by(table, "group", 0.3)
    drawn = train_test_split(list(table["group"].unique()), test_size=0.3, random_state=0)[1]
    assert set(test["group"]) == set(drawn)
    assert not set(train["group"]) & set(test["group"])
    assert sorted([*train["n"], *test["n"]]) == list(range(len(groups)))
    for part in (train, test):
        assert part["n"].is_monotonic_increasing


@given(GROUPS.map(lambda groups: [f"g{group}" for group in groups]) | GROUPS)
def test_groups_follow_each_other_as_they_are_drawn(groups):
    table = pd.DataFrame({"group": groups, "n": range(len(groups))})
    parts = train_test_groups(table, "group", 0.3)
    lists = [rows for _, rows in table.groupby("group")]
    for part, drawn in zip(parts, train_test_split(lists, test_size=0.3, random_state=0), strict=True):
        assert part["n"].tolist() == pd.concat(drawn)["n"].tolist()


def test_small_classes_are_divided_without_a_draw():
    items = [f"a{n}" for n in range(5)] + ["b0", "c0", "c1", "d0", "d1", "d2", "d3"]
    train, test = train_test_each(items, [item[0] for item in items], 0.2)
    drawn = train_test_split(items[:5], test_size=0.2, random_state=0)
    assert train == [*drawn[0], "b0", "c0", "d0", "d1", "d2"]
    assert test == [*drawn[1], "c1", "d3"]


def test_every_class_can_be_drawn():
    items = ["c0", "c1", "d0", "d1", "d2"]
    train, test = train_test_each(items, [item[0] for item in items], 0.2, shuffled_from=2)
    c, d = (train_test_split(part, test_size=0.2, random_state=0) for part in (items[:2], items[2:]))
    assert (train, test) == (c[0] + d[0], c[1] + d[1])
