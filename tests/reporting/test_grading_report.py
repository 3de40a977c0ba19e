from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench import catalog
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.grading_report import (
    UNKNOWN,
    grading_report,
    read_grading_report,
    write_grading_report,
)
from pytest_mlebench.reporting.summary import Summary

RUN = Path("/somewhere/runs/2026-01-02-baseline")


def test_has_the_totals_and_one_object_an_attempt(attempts):
    report = grading_report(attempts({"a": "GSBmni-E"}), RUN)
    assert {key: value for key, value in report.items() if key != "competition_reports"} == {
        "total_runs": 7,
        "total_runs_with_submissions": 6,
        "total_valid_submissions": 5,
        "total_medals": 3,
        "total_gold_medals": 1,
        "total_silver_medals": 1,
        "total_bronze_medals": 1,
        "total_above_median": 4,
    }
    assert len(report["competition_reports"]) == 7
    assert report["competition_reports"][1] == {
        "competition_id": "a",
        "score": 0.98123,
        "gold_threshold": 0.99,
        "silver_threshold": 0.985,
        "bronze_threshold": 0.97531,
        "median_threshold": 0.9,
        "any_medal": True,
        "gold_medal": False,
        "silver_medal": True,
        "bronze_medal": False,
        "above_median": True,
        "submission_exists": True,
        "valid_submission": True,
        "is_lower_better": False,
        "created_at": "2026-01-02T03:04:05+00:00",
        "submission_path": "2026-01-02-baseline/a/seed-1/submission/submission.csv",
    }


def test_an_attempt_without_submission_has_no_path_and_no_score(attempt):
    (report,) = grading_report([attempt("a", 0, "-")], RUN)["competition_reports"]
    assert (report["submission_exists"], report["valid_submission"]) == (False, False)
    assert (report["submission_path"], report["score"]) == (None, None)


def test_an_invalid_submission_exists_without_being_valid(attempt):
    (report,) = grading_report([attempt("a", 0, "i")], RUN)["competition_reports"]
    assert (report["submission_exists"], report["valid_submission"], report["score"]) == (True, False, None)


def test_is_written_as_json(attempts, tmp_path):
    records = attempts({"a": "Gi", "b": "-E"})
    path = tmp_path / "grading_report.json"
    write_grading_report(path, records, tmp_path)
    assert json.loads(path.read_text()) == grading_report(records, tmp_path)


KEYS = {
    "competition_id",
    "score",
    "gold_threshold",
    "silver_threshold",
    "bronze_threshold",
    "median_threshold",
    "any_medal",
    "gold_medal",
    "silver_medal",
    "bronze_medal",
    "above_median",
    "submission_exists",
    "valid_submission",
    "is_lower_better",
    "created_at",
    "submission_path",
}
TOTALS = {
    "total_runs",
    "total_runs_with_submissions",
    "total_valid_submissions",
    "total_medals",
    "total_gold_medals",
    "total_silver_medals",
    "total_bronze_medals",
    "total_above_median",
    "competition_reports",
}
WINE = "builtin-wine"


def test_has_the_keys_of_the_public_leaderboard_and_no_other(attempts):
    report = grading_report(attempts({"a": "GSBmni-E"}), RUN)
    assert set(report) == TOTALS
    assert all(set(each) == KEYS for each in report["competition_reports"])


def test_totals_are_those_of_the_entries(attempts):
    report = grading_report(attempts({"a": "GSBmni-E", "b": "GGnB", "c": "-i"}), RUN)
    entries = report["competition_reports"]
    counts = {
        "total_runs_with_submissions": "submission_exists",
        "total_valid_submissions": "valid_submission",
        "total_medals": "any_medal",
        "total_gold_medals": "gold_medal",
        "total_silver_medals": "silver_medal",
        "total_bronze_medals": "bronze_medal",
        "total_above_median": "above_median",
    }
    assert report["total_runs"] == len(entries)
    assert {total: sum(each[key] for each in entries) for total, key in counts.items()} == {
        total: report[total] for total in counts
    }


def write(path, entries, **more):
    path.write_text(json.dumps({"competition_reports": entries, **more}))
    return path


def test_reads_back_what_it_wrote(attempts, tmp_path):
    records = attempts({WINE: "GSBmni-", "builtin-digits": "-G"}, complexity="builtin")
    write_grading_report(tmp_path / "grading_report.json", records, tmp_path)
    read, warnings = read_grading_report(tmp_path / "grading_report.json", "them")
    assert warnings == []
    facts = ("competition", "complexity", "seed", "outcome", "medal", "score", "above_median", "gold", "median")
    key = facts[:3]
    expected = sorted(records, key=lambda record: [getattr(record, name) for name in key])
    assert [[getattr(record, name) for name in facts] for record in read] == [
        [getattr(record, name) for name in facts] for record in expected
    ]
    assert {record.agent for record in read} == {"them"}
    assert grading_report(read, tmp_path)["total_medals"] == 4


def test_seeds_are_in_the_order_of_the_entries(tmp_path):
    entries = [
        {"competition_id": "a", "gold_medal": True, "valid_submission": True},
        {"competition_id": "b", "valid_submission": False, "submission_exists": True},
        {"competition_id": "a", "valid_submission": False, "submission_exists": False},
    ]
    records, _ = read_grading_report(write(tmp_path / "r.json", entries))
    assert [(record.competition, record.seed, record.outcome) for record in records] == [
        ("a", 0, "gold"),
        ("b", 0, "invalid"),
        ("a", 1, "no_submission"),
    ]


def test_what_an_entry_does_not_say_comes_from_the_leaderboard_here(tmp_path):
    board = catalog.get(WINE).leaderboard
    entries = [{"competition_id": WINE, "score": board.gold, "unheard_of": [1]}, {"competition_id": WINE, "score": 9e9}]
    (gold, worst), warnings = read_grading_report(write(tmp_path / "r.json", entries))
    assert warnings == []
    assert (gold.outcome, gold.above_median, gold.rank) == ("gold", True, board.rank(board.gold))
    assert (gold.bronze, gold.lower_is_better, gold.teams) == (board.bronze, board.lower_is_better, board.teams)
    assert (gold.complexity, gold.category) == ("builtin", catalog.get(WINE).category)
    assert worst.outcome == ("valid" if board.lower_is_better else "gold")


def test_what_an_entry_says_counts_whatever_its_score(tmp_path):
    entries = [{"competition_id": WINE, "score": 9e9, "silver_medal": True, "above_median": False}]
    (record,), _ = read_grading_report(write(tmp_path / "r.json", entries))
    assert (record.outcome, record.above_median) == ("silver", False)


def test_any_medal_without_its_colour_is_a_medal(tmp_path):
    entries = [{"competition_id": "elsewhere", "score": 1.0, "any_medal": True}]
    (record,), _ = read_grading_report(write(tmp_path / "r.json", entries))
    assert record.medal == "bronze"


def test_unknown_competitions_are_named_and_kept(tmp_path):
    entries = [{"competition_id": name, "score": 1.0} for name in ("x", "y", WINE)]
    records, warnings = read_grading_report(write(tmp_path / "r.json", entries))
    assert [record.complexity for record in records] == [UNKNOWN, UNKNOWN, "builtin"]
    assert len(warnings) == 1
    assert warnings[0].endswith("competitions that are not known here: x, y")


def test_not_a_number_as_python_writes_it_is_no_score(tmp_path):
    (tmp_path / "r.json").write_text(
        '{"competition_reports": [{"competition_id": "a", "score": NaN, "valid_submission": true,'
        ' "gold_threshold": -Infinity, "median_threshold": 1' + "0" * 400 + "}]}"
    )
    (record,), _ = read_grading_report(tmp_path / "r.json")
    assert (record.outcome, record.score, record.gold, record.median) == ("valid", None, None, None)


def test_entries_that_make_no_sense_are_passed_over_and_counted(tmp_path):
    entries = [
        {"competition_id": "a", "score": 1.0},
        7,
        {},
        {"competition_id": ["a"]},
        {"competition_id": "a", "score": "0.5"},
        {"competition_id": "a", "gold_medal": "yes"},
    ]
    records, warnings = read_grading_report(write(tmp_path / "r.json", entries, total_runs=9))
    assert len(records) == 1
    assert [line.partition(": ")[2] for line in warnings] == [
        "total_runs is 9, but there are 6 entries",
        "1 entry passed over: not an object",
        "2 entries passed over: competition_id is not a name",
        "1 entry passed over: score is not a number",
        "1 entry passed over: gold_medal is not true or false",
        "competitions that are not known here: a",
    ]


def test_an_entry_that_says_nothing_is_no_submission_and_is_told(tmp_path):
    (record,), warnings = read_grading_report(write(tmp_path / "r.json", [{"competition_id": WINE}]))
    assert record.outcome == "no_submission"
    assert [line.partition(": ")[2] for line in warnings] == [
        "1 entry without score or submission: taken as no submission"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("{", "cannot be read"),
        ("[" * 100_000, "cannot be read"),
        ("[]", "no list competition_reports"),
        ('{"competition_reports": {}}', "no list competition_reports"),
        ('{"competition_reports": []}', "competition_reports is empty"),
        ('{"competition_reports": [1]}', "not an object"),
        ("\udcff", "cannot be read"),
    ],
)
def test_what_is_no_report_is_refused_in_one_line(tmp_path, text, message):
    (tmp_path / "r.json").write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(MlebenchError, match=message) as error:
        read_grading_report(tmp_path / "r.json")
    assert "\n" not in str(error.value)


def test_a_file_too_large_for_a_report_is_refused_unread(tmp_path):
    with (tmp_path / "r.json").open("wb") as file:
        file.truncate(300 << 20)
    with pytest.raises(MlebenchError, match="too large"):
        read_grading_report(tmp_path / "r.json")


def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "r.json")
    for path in (tmp_path / "r.json", tmp_path, tmp_path / "none.json"):
        with pytest.raises(MlebenchError, match="no regular file"):
            read_grading_report(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=5), values, max_size=3),
    max_leaves=5,
)


@given(st.lists(st.dictionaries(st.sampled_from(sorted(KEYS)), json_values | st.sampled_from([WINE, 1.0, True]))))
def test_whatever_an_entry_holds_it_is_read_or_refused(entries):
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder) / "r.json", entries)
        try:
            records, _ = read_grading_report(path)
        except MlebenchError:
            return
    assert Summary(records).overall.attempts == len(records)
    assert all(record.medal is None or record.valid for record in records)
    json.dumps(grading_report(records, RUN), allow_nan=False)
