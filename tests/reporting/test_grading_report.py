from __future__ import annotations

import json
from pathlib import Path

from pytest_mlebench.reporting.grading_report import grading_report, write_grading_report

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
