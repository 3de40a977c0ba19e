from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.reporting.grading_report import write_grading_report
from pytest_mlebench.reporting.results import concatenated, find_results, read_results
from pytest_mlebench.reporting.summary import Summary


def test_a_run_is_read_with_its_facts(attempts, make_run):
    records = attempts({"a": "GE", "b": "n"})
    run = make_run("one", records, planned=["a-0", "a-1", "b-0", "b-1"])
    results = read_results(run)
    assert (results.name, results.path, results.is_run) == ("one", run, True)
    assert sorted(results.records, key=lambda each: (each.competition, each.seed)) == records
    assert results.facts["time_limit"] == 86400.0
    assert results.unfinished == ("b-1",)
    assert results.warnings == ()


def test_a_run_that_lost_its_run_json_is_read_without(attempts, make_run):
    results = read_results(make_run("one", attempts({"a": "G"}), facts=False))
    assert (results.facts, len(results.records), results.unfinished) == (None, 1, ())
    assert "settings are not known" in results.warnings[0]


def test_a_damaged_attempt_is_named(attempts, make_run):
    run = make_run("one", attempts({"a": "GG"}))
    (run / "a" / "seed-1" / "attempt.json").write_text("{")
    results = read_results(run)
    assert len(results.records) == 1
    assert "not the record of an attempt" in results.warnings[0]


def test_a_grading_report_is_read_as_a_run_without_facts(attempts, tmp_path):
    path = tmp_path / "theirs.json"
    write_grading_report(path, attempts({"builtin-wine": "Gn"}), tmp_path)
    results = read_results(path)
    assert (results.name, results.facts, results.is_run, results.unfinished) == ("theirs", None, False, ())
    assert [record.outcome for record in results.records] == ["gold", "valid"]


@pytest.mark.parametrize("name", ["grading_report.json", "2026-01-02T03-04-05-GMT_grading_report.json"])
def test_a_folder_with_a_grading_report_alone_stands_for_it(attempts, tmp_path, name):
    folder = tmp_path / "their-run"
    folder.mkdir()
    write_grading_report(folder / name, attempts({"builtin-wine": "Gn"}), folder)
    results = read_results(folder)
    assert (results.name, results.path) == ("their-run", folder / name)
    if name == "grading_report.json":
        assert read_results(folder / name).name == "their-run"


def test_a_run_folder_is_read_from_its_attempts_and_not_its_report(attempts, make_run):
    run = make_run("one", attempts({"a": "GG"}))
    (run / "grading_report.json").write_text("damaged")
    assert len(read_results(run).records) == 2


def test_what_holds_no_attempt_is_refused(make_run, tmp_path):
    with pytest.raises(MlebenchError, match="holds no finished attempt"):
        read_results(make_run("empty", []))
    with pytest.raises(MlebenchError, match="no regular file"):
        read_results(tmp_path / "none")


def test_results_are_found_by_name_path_and_last(attempts, make_run, monkeypatch, tmp_path):
    first = make_run("2026-01-01-a", attempts({"a": "G"}))
    last = make_run("2026-01-02-b", attempts({"a": "n"}))
    runs = first.parent
    write_grading_report(tmp_path / "theirs.json", attempts({"a": "G"}), tmp_path)
    monkeypatch.chdir(tmp_path)
    found = {name: find_results(runs, name).path for name in ("2026-01-01", "last", str(first), "theirs.json")}
    assert found == {
        "2026-01-01": first,
        "last": last,
        str(first): first,
        "theirs.json": tmp_path / "theirs.json",
    }
    with pytest.raises(UnknownNameError):
        find_results(runs, "2027")


def test_several_runs_are_numbered_on_in_order_of_run_and_seed(attempt):
    first = [attempt("a", 1, "n"), attempt("a", 0, "G"), attempt("b", 0, "S")]
    second = [attempt("a", 0, "B"), attempt("c", 5, "i")]
    records = concatenated([first, second])
    assert [(record.competition, record.seed, record.outcome) for record in records] == [
        ("a", 1, "valid"),
        ("a", 0, "gold"),
        ("b", 0, "silver"),
        ("a", 2, "bronze"),
        ("c", 0, "invalid"),
    ]


def test_one_run_keeps_its_seeds(attempt):
    records = [attempt("a", 7, "G")]
    assert concatenated([records]) == records


def test_repaired_data_are_numbered_apart(attempt):
    records = concatenated([[attempt("a", 0, "G")], [attempt("a", 0, "n", fixed=True)]])
    assert [record.seed for record in records] == [0, 0]


def test_seeds_of_several_runs_are_those_of_the_public_leaderboard(attempts):
    # One run a seed, as most publish: an error in the second makes it incomplete.
    runs = [attempts({"a": "G", "b": "n"}), attempts({"a": "G", "b": "E"}), attempts({"a": "n", "b": "S"})]
    summary = Summary(concatenated(runs))
    assert summary.seeds == 2
    assert summary.overall.shares["any_medal"].by_seed == (50.0, 100.0)
    assert [record.outcome for record in summary.counted] == ["gold", "gold", "valid", "valid", "silver"]


def test_a_report_of_several_seeds_is_the_run_it_is_of(attempts, tmp_path):
    records = attempts({"builtin-wine": "GnB", "builtin-digits": "-GG"}, complexity="builtin")
    write_grading_report(tmp_path / "r.json", records, tmp_path)
    ours, theirs = Summary(records).overall, Summary(read_results(tmp_path / "r.json").records).overall
    assert theirs.shares == ours.shares
    assert theirs.pass_at == ours.pass_at


def test_reading_changes_nothing(attempts, make_run):
    run = make_run("one", attempts({"a": "G"}))

    def state(folder: Path):
        return {path: (path.stat().st_mtime_ns, path.stat().st_size) for path in folder.rglob("*")}

    before = state(run)
    read_results(run)
    assert state(run) == before
    assert json.loads((run / "run.json").read_text())["run"] == "one"
