from __future__ import annotations

import csv
import sys
from pathlib import Path

import pytest

from pytest_mlebench.attempts.record import AttemptRecord, Snapshot
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.reporting.exporting import COLUMNS, rows, write_csv, write_parquet
from pytest_mlebench.reporting.results import Results


def results(name: str, records: list[AttemptRecord]) -> Results:
    return Results(name=name, path=Path("/runs") / name, records=tuple(records), facts=None, warnings=())


@pytest.fixture
def two(attempt):
    wine = "builtin-wine"
    graded = attempt(
        wine,
        0,
        "S",
        score=0.1 + 0.2,
        seconds=1 / 3,
        gpus=("0", "1"),
        memory=2**40,
        snapshots=(Snapshot(elapsed=1.0, outcome="valid"),),
        reason='says "no", or\nyes: ±',
    )
    return [
        results("one", [graded, attempt(wine, 1, "E", reason="no docker")]),
        results("two", [attempt(wine, 0, "-", seconds=None)]),
    ]


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_csv_has_a_line_for_each_attempt_of_each_run(two, tmp_path):
    write_csv(tmp_path / "attempts.csv", two)
    found = read(tmp_path / "attempts.csv")
    assert [(row["run"], row["seed"], row["outcome"]) for row in found] == [
        ("one", "0", "silver"),
        ("one", "1", "error"),
        ("two", "0", "no_submission"),
    ]
    assert list(found[0]) == list(COLUMNS)
    assert float(found[0]["score"]) == 0.1 + 0.2
    assert float(found[0]["seconds"]) == 1 / 3
    assert (found[0]["gpus"], found[0]["snapshots"], found[0]["valid"]) == ("0 1", "1", "true")
    assert found[0]["reason"] == 'says "no", or\nyes: ±'
    assert 0 <= float(found[0]["beaten"]) <= 1


def test_an_error_has_not_failed(two, tmp_path):
    write_csv(tmp_path / "attempts.csv", two)
    _, error, failure = read(tmp_path / "attempts.csv")
    assert [error[name] for name in ("submitted", "valid", "above_median", "beaten")] == [""] * 4
    assert [failure[name] for name in ("submitted", "valid", "above_median", "beaten")] == ["false"] * 3 + ["0.0"]
    assert failure["seconds"] == ""


def test_parquet_has_the_same_with_types(two, tmp_path):
    import pyarrow.parquet

    write_parquet(tmp_path / "attempts.parquet", two)
    table = pyarrow.parquet.read_table(tmp_path / "attempts.parquet")
    assert table.to_pylist() == list(rows(two))
    kinds = {str: "string", int: "int64", float: "double", bool: "bool"}
    assert {field.name: str(field.type) for field in table.schema} == {n: kinds[t] for n, t in COLUMNS.items()}
    assert [path.name for path in tmp_path.iterdir()] == ["attempts.parquet"]


def test_pandas_reads_both_alike(two, tmp_path):
    import pandas as pd

    write_csv(tmp_path / "a.csv", two)
    write_parquet(tmp_path / "a.parquet", two)
    for column in ("score", "seed", "outcome", "memory", "rank"):
        assert pd.read_csv(tmp_path / "a.csv")[column].dropna().tolist() == (
            pd.read_parquet(tmp_path / "a.parquet")[column].dropna().tolist()
        )


def test_columns_of_no_attempt_are_typed_all_the_same(tmp_path):
    import pyarrow.parquet

    write_parquet(tmp_path / "none.parquet", [])
    assert pyarrow.parquet.read_schema(tmp_path / "none.parquet").names == list(COLUMNS)
    write_csv(tmp_path / "none.csv", [])
    assert read(tmp_path / "none.csv") == []


def test_every_fact_of_an_attempt_has_a_column(attempt):
    assert set(attempt("a", 0, "G").to_json()) <= set(COLUMNS)


def test_texts_that_no_file_can_hold_are_written_all_the_same(attempt, tmp_path):
    odd = [results("one", [attempt("a", 0, "i", reason="half a pair: \ud800")])]
    write_csv(tmp_path / "a.csv", odd)
    write_parquet(tmp_path / "a.parquet", odd)
    assert read(tmp_path / "a.csv")[0]["reason"] == "half a pair: ?"


def test_without_pyarrow_the_command_that_installs_it_is_named(two, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(HarnessError, match=r"pip install 'pytest-mlebench\[parquet\]'"):
        write_parquet(tmp_path / "a.parquet", two)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_an_error_of_the_system(two, tmp_path):
    for write in (write_csv, write_parquet):
        with pytest.raises(FileNotFoundError):
            write(tmp_path / "none" / "attempts", two)
