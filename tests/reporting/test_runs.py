"""Runs by their names, and what run.json says of them."""

from __future__ import annotations

import json

import pytest

from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.reporting.runs import attempt_names, find_run, planned, read_facts, recorded_options


@pytest.fixture
def runs(tmp_path):
    for name in ("2026-01-01-a", "2026-01-02-a", "2026-02-01-b"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        (tmp_path / "runs" / name / "run.json").write_text(json.dumps({"run": name, "options": {"x": 1}}))
    (tmp_path / "runs" / "2027-no-run").mkdir()
    return tmp_path / "runs"


def test_a_run_is_found_by_name_beginning_path_or_last(runs, monkeypatch):
    newest = runs / "2026-02-01-b"
    assert find_run(runs, "last") == find_run(runs, "2026-02") == find_run(runs, newest.name) == newest
    assert find_run(runs / "nowhere", str(newest)) == newest
    monkeypatch.chdir(newest)
    assert find_run(runs, ".") == newest
    monkeypatch.chdir(runs.parent)
    found = find_run(runs.relative_to(runs.parent), "last")
    assert (found, found.is_absolute()) == (newest, True)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("2026-01", "several runs in .* begin with '2026-01', for example 2026-01-01-a, 2026-01-02-a"),
        ("", "several runs"),
        ("2026-02-01-c", r"no run named '2026-02-01-c': did you mean 2026-02-01-b.*\(in "),
        ("nothing", "no run named 'nothing': known: 2026-01-01-a, "),
        ("2027-no-run", "no run named"),
        ("a\0b", "no run named"),
    ],
)
def test_what_is_no_run_is_told(runs, name, says):
    with pytest.raises(MlebenchError, match=says):
        find_run(runs, name)


def test_unknown_names_are_of_their_kind(runs):
    with pytest.raises(UnknownNameError):
        find_run(runs, "2026-03")
    with pytest.raises(MlebenchError, match="there is no run in"):
        find_run(runs / "none", "last")


@pytest.mark.parametrize("content", ["", "{", "[]", "\0", '{"options": 3}', "[" * 99999])
def test_damaged_facts_are_told(runs, content):
    run = runs / "2026-01-01-a"
    assert recorded_options(run) == {"x": 1}
    (run / "run.json").write_text(content)
    with pytest.raises(MlebenchError, match=r"run\.json"):
        recorded_options(run)
    (run / "run.json").unlink()
    with pytest.raises(MlebenchError, match=r"run\.json"):
        read_facts(run)


def test_resumptions_add_to_what_was_planned():
    assert planned({}) is None
    assert planned({"planned": ["a-0", 5], "resumptions": [{}, 3, {"planned": ["a-1", "a-0"]}]}) == ("a-0", "a-1")
    assert planned({"planned": "a-0", "resumptions": "x"}) is None


def test_attempts_are_those_planned_and_those_begun(runs):
    run = runs / "2026-01-01-a"
    for folder in ("toy/seed-1", "toy/seed-1.earlier-1", "toy/seed-x"):
        (run / folder).mkdir(parents=True)
    assert attempt_names(run) == ["toy-1"]
    (run / "run.json").write_text(json.dumps({"planned": ["toy-0", "../x-0", "toy"]}))
    assert attempt_names(run) == ["toy-0", "toy-1"]
