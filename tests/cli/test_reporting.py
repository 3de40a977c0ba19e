from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.grading_report import write_grading_report


def record(seed: int, outcome: str, **facts) -> AttemptRecord:
    medal = outcome if outcome in ("gold", "silver", "bronze") else None
    known = {"competition": "builtin-wine", "complexity": "builtin", "category": "tabular", "agent": "baseline"}
    score = {"score": 0.9} if outcome in ("gold", "valid") else {}
    return AttemptRecord(seed=seed, outcome=outcome, medal=medal, **{**known, **score, **facts})  # type: ignore[arg-type]


def write_run(name: str, records: list[AttemptRecord], facts: dict | None = None) -> Path:
    run = RunFolder(Path("runs") / name)
    run.create({"agent": {"name": "baseline"}, "network": "none", **(facts or {})})
    for each in records:
        run.attempt(each.competition, each.seed).write_record(each)
    return run.root.absolute()


@pytest.fixture
def run() -> Path:
    return write_run("2026-01-02T03-04-05-baseline-0000", [record(0, "gold"), record(1, "valid")])


@pytest.mark.parametrize("name", ["last", "2026", "runs/2026-01-02T03-04-05-baseline-0000", ""])
def test_the_page_is_written_into_the_run_and_its_path_said(mlebench, run, name):
    result = mlebench("report", name or run)
    assert result.exit_code == 0, result.stderr
    assert Path(result.stdout.strip()) == run / "report.html"
    text = (run / "report.html").read_text(encoding="utf-8")
    assert "<title>baseline: any medal: 50.0 % ± 50.0</title>" in text


@pytest.mark.parametrize(
    ("form", "file", "start"), [("markdown", "report.md", "# baseline"), ("text", "report.txt", "baseline")]
)
def test_other_forms_need_no_further_library(mlebench, run, monkeypatch, form, file, start):
    for module in ("matplotlib", "jinja2"):
        monkeypatch.setitem(sys.modules, module, None)
    assert mlebench("report", "last", "--format", form).exit_code == 0
    text = (run / file).read_text(encoding="utf-8")
    assert text.startswith(start)
    assert "any medal: 50.0 % ± 50.0" in text
    assert mlebench("report", "last", "--format", form, "-o", "-").stdout == text


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_attempts_are_written_as_a_table(mlebench, run, form):
    result = mlebench("report", "last", "--format", form)
    assert result.exit_code == 0, result.stderr
    path = run / f"report.{form}"
    assert Path(result.stdout.strip()) == path
    import pandas as pd

    table = pd.read_csv(path) if form == "csv" else pd.read_parquet(path)
    assert list(table["seed"]) == [0, 1]
    assert list(table["outcome"]) == ["gold", "valid"]
    assert mlebench("report", "last", "--format", form, "-o", "-").exit_code == 2


@pytest.mark.parametrize("module", ["matplotlib", "jinja2"])
def test_a_missing_library_is_named_with_what_installs_it(mlebench, run, monkeypatch, module):
    for name in [each for each in sys.modules if each.partition(".")[0] == module]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, module, None)
    result = mlebench("report", "last")
    assert result.exit_code == 3
    assert "pip install 'pytest-mlebench[report]'" in result.stderr
    assert not (run / "report.html").exists()


def test_the_page_goes_where_it_is_wanted_and_replaces_what_was_there(mlebench, run, tmp_path):
    target = tmp_path / "a page.html"
    target.write_text("old")
    assert mlebench("report", "last", "-o", target).exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [each.name for each in tmp_path.iterdir() if "a page" in each.name] == ["a page.html"]


def test_a_page_that_cannot_be_written_is_an_error_of_one_line(mlebench, run):
    result = mlebench("report", "last", "-o", "no/such/folder/page.html")
    assert result.exit_code == 3
    assert len(result.stderr.splitlines()) == 1


def test_several_runs_are_one_report_beside_their_own(mlebench, run):
    write_run("2026-02-02T03-04-05-baseline-0000", [record(0, "gold")])
    assert mlebench("report", "2026-01", "last", "--format", "text").exit_code == 0
    text = (run / "report-of-2-runs.txt").read_text(encoding="utf-8")
    assert "3 attempts: 1 competition x 3 seeds" in text
    assert not (run / "report.txt").exists()


def test_a_grading_report_is_reported_on_beside_it(mlebench, run):
    theirs = Path("theirs.json").absolute()
    write_grading_report(theirs, [record(0, "gold")], run)
    assert Path(mlebench("report", theirs).stdout.strip()).name == "theirs-report.html"
    assert (theirs.parent / "theirs-report.html").exists()


def test_what_is_missing_and_errors_count_as_failures_where_that_is_asked_for(mlebench):
    planned = {"planned": [f"{name}-{seed}" for name in ("builtin-wine", "builtin-digits") for seed in (0, 1)]}
    write_run("a-run", [record(0, "gold"), record(1, "error", reason="no space")], planned)

    def report(*options: str) -> str:
        return mlebench("report", "a-run", "--format", "text", "-o", "-", *options).stdout

    assert "any medal: 100.0 % (1 attempt: 1 competition x 1 seed" in report()
    assert "Not final. 1 attempt ended in an error" in report()
    assert "2 planned attempts have no result" in report()
    counted = report("--pad", "--errors-as-failures")
    assert "any medal: 25.0 % ± 25.0 (4 attempts: 2 competitions x 2 seeds" in counted
    assert "Final. 1 error of the harness counted as failed, as asked." in counted
    assert "2 attempts are missing and counted as failed" in " ".join(counted.split())


def test_what_is_no_run_is_told_in_one_line(mlebench, run, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken.json").write_text("{")
    for name in ("no-such-run", tmp_path / "empty", tmp_path / "broken.json", "/"):
        result = mlebench("report", name)
        assert result.exit_code in (2, 3), name
        assert len(result.stderr.splitlines()) == 1
    assert mlebench("report").exit_code == 2


def test_runs_of_different_agents_are_refused(mlebench, run):
    write_run("other", [record(0, "gold", agent="other")])
    result = mlebench("report", "2026", "other")
    assert result.exit_code == 3
    assert "mlebench compare" in result.stderr


def test_a_run_is_reported_on_where_nothing_else_of_it_is_left(mlebench, run, monkeypatch):
    for path in run.rglob("*"):
        if path.is_file() and path.name not in ("attempt.json", "run.json"):
            path.unlink()
    (run / "run.json").unlink()
    monkeypatch.setenv("PATH", "")
    assert mlebench("report", run).exit_code == 0
    data = json.loads((run / "report.html").read_text(encoding="utf-8").split('id="data">')[1].split("</script>")[0])
    assert data["totals"]["any_medal"]["count"] == 1
