from __future__ import annotations

import io

import pandas as pd

from pytest_mlebench.preparing.splitting import train_test
from pytest_mlebench.preparing.tables import read_csv, write_csv


def test_decimal_numbers_survive_reading_and_writing_exactly(tmp_path):
    text = "id,x\n1,0.1\n2,1.7976931348623157e+308\n3,0.30000000000000004\n4,4.35\n5,\n"
    table = read_csv(io.BytesIO(text.encode()))
    assert table["x"][2] == 0.1 + 0.2
    write_csv(table, tmp_path / "new" / "folder" / "table.csv")
    assert (tmp_path / "new" / "folder" / "table.csv").read_text() == text


def test_options_go_to_pandas(tmp_path):
    (tmp_path / "table.csv").write_text("a;b\n01;2\n")
    assert read_csv(tmp_path / "table.csv", sep=";", dtype=str).to_numpy().tolist() == [["01", "2"]]


def test_the_split_is_that_of_scikit_learn_for_seed_zero():
    rows = pd.DataFrame({"x": range(10)})
    train, test = train_test(rows, 0.3)
    assert test["x"].tolist() == [2, 8, 4]
    assert train["x"].tolist() == [9, 1, 6, 7, 3, 0, 5]
    assert train_test(list("abcdefghij"), 3)[1] == ["c", "i", "e"]


def test_options_of_the_split_go_to_scikit_learn():
    rows = pd.DataFrame({"x": range(40), "y": [0] * 30 + [1] * 10})
    _, test = train_test(rows, 8, stratify=rows["y"], random_state=5)
    assert test["y"].sum() == 2
    assert test["x"].tolist() != train_test(rows, 8, stratify=rows["y"])[1]["x"].tolist()
