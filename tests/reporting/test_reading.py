from __future__ import annotations

import json
import os

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.files import write_json
from pytest_mlebench.reporting.reading import read_records


def write(run, record, **changes):
    folder = run / record.competition / f"seed-{record.seed}"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "attempt.json", {**record.to_json(), **changes})
    return folder / "attempt.json"


def test_reads_back_what_was_written(attempts, tmp_path):
    records = attempts({"a": "GE", "b": "i-"}, gpus=("GPU-1",), reason="why")
    for record in records:
        write(tmp_path, record)
    assert read_records(tmp_path) == (records, [])


@pytest.mark.parametrize(
    "contacts", [{}, ["github.com"], [{"allowed": 1}], [{"host": "a", "refused": -1}], [{"host": "a", "allowed": "1"}]]
)
def test_a_record_with_contacts_that_are_none_is_passed_over(contacts, attempt, tmp_path):
    write(tmp_path, attempt("a", 0, "G"), contacts=contacts or "github.com")
    records, (warning,) = read_records(tmp_path)
    assert (records, "contacts" in warning) == ([], True)


def test_passes_over_unfinished_attempts_and_unknown_keys(attempt, tmp_path):
    (tmp_path / "a" / "seed-1").mkdir(parents=True)
    write(tmp_path, attempt("a", 0, "G"), invented_later=[1])
    records, warnings = read_records(tmp_path)
    assert [record.seed for record in records] == [0]
    assert warnings == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "{}",
        "[" * 100_000,
        '{"seed": ' + "9" * 10_000 + "}",
        " " * (1 << 20) + "{}",
        b"\xff\xfe",
    ],
    ids=["empty", "cut", "list", "null", "no fields", "deep", "huge number", "huge", "not UTF-8"],
)
def test_a_file_that_is_no_record_is_named_and_passed_over(text, attempt, tmp_path):
    write(tmp_path, attempt("a", 0, "G"))
    path = write(tmp_path, attempt("b", 0, "G"))
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    records, warnings = read_records(tmp_path)
    assert [record.competition for record in records] == ["a"]
    assert len(warnings) == 1
    assert warnings[0].startswith(f"{path}: not the record of an attempt, passed over: ")
    assert "\n" not in warnings[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"competition": 3},
        {"seed": "0"},
        {"seed": True},
        {"score": "high"},
        {"score": 10**400},
        {"outcome": "platinum"},
        {"outcome": ["gold"]},
        {"medal": "tin"},
        {"medal": {}},
        {"gpus": "0"},
        {"above_median": "no"},
        {"lower_is_better": 1},
        {"rank": 1.5},
        {"reason": ["x"]},
    ],
    ids=str,
)
def test_a_field_of_another_type_is_refused(changes, attempt, tmp_path):
    write(tmp_path, attempt("a", 0, "G"), **changes)
    records, warnings = read_records(tmp_path)
    assert records == []
    assert len(warnings) == 1


def test_numbers_that_are_not_finite_are_refused(attempt, tmp_path):
    path = write(tmp_path, attempt("a", 0, "G"))
    path.write_text(json.dumps({**json.loads(path.read_text()), "score": float("nan")}))
    records, warnings = read_records(tmp_path)
    assert records == []
    assert "score is not a finite number" in warnings[0]


def test_a_pipe_in_place_of_a_record_does_not_hang(tmp_path):
    (tmp_path / "a" / "seed-0").mkdir(parents=True)
    os.mkfifo(tmp_path / "a" / "seed-0" / "attempt.json")
    records, warnings = read_records(tmp_path)
    assert records == []
    assert "not a regular file" in warnings[0]


def test_a_run_that_is_not_there_gives_a_line(tmp_path):
    records, warnings = read_records(tmp_path / "nothing")
    assert records == []
    assert warnings == [f"{tmp_path / 'nothing'}: not a folder; a run is a folder below runs/"]


def test_an_earlier_attempt_that_was_kept_aside_is_not_counted(tmp_path):
    folder = RunFolder(tmp_path).attempt("wine", 0)
    record = AttemptRecord(
        competition="wine", complexity="builtin", category="tabular", seed=0, agent="a", outcome="valid"
    )
    for _ in range(2):
        folder.create()
        folder.write_record(record)
    assert len(list(tmp_path.glob("wine/*/attempt.json"))) == 2
    assert read_records(tmp_path) == ([record], [])
