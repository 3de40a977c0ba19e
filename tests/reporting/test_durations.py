"""Expected durations: from past attempts of the same agent, else from complexity, never beyond the limit."""

from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.durations import Durations, past_attempts

DAY = 86400.0
KNOWN = [("a", "low", 10.0), ("a", "low", 30.0), ("a", "low", 20.0), ("b", "low", 100.0), ("c", "high", 400.0)]


def test_what_is_known_of_the_competition_counts_most_then_of_its_complexity():
    durations = Durations(KNOWN, DAY)
    assert durations.of("a", "low") == 20
    assert durations.of("c", "high") == 400
    assert durations.of("new", "low") == 25
    # From all: 20, 60, 40, 200 and 400 as if they had been of high complexity, of which this one takes three quarters.
    assert durations.of("new", "medium") == 45


def test_with_nothing_known_complexity_tells():
    durations = Durations([], DAY)
    low, medium, high = (durations.of("any", complexity) for complexity in ("low", "medium", "high"))
    assert 0 < durations.of("any", "builtin") < low < medium < high <= DAY
    assert durations.of("any", "a complexity of its own") == high


def test_an_attempt_that_its_limit_ended_takes_the_limit_of_today():
    known = [("a", "low", math.inf), ("b", "low", 7200.0)]
    assert Durations(known, DAY).of("a", "low") == DAY
    assert Durations(known, 3600).of("b", "low") == 3600
    assert Durations(known, 3600).of("c", "high") == 3600


attempts = st.tuples(st.sampled_from("abc"), st.sampled_from(["low", "medium", "high", "?"]), st.floats())


@given(st.lists(attempts), st.floats(1, 1e7), st.sampled_from("abcd"), st.sampled_from(["low", "medium", "high", "!"]))
def test_whatever_is_known_the_expected_is_between_nothing_and_the_limit(known, limit, competition, complexity):
    assert 0 <= Durations(known, limit).of(competition, complexity) <= limit


def add_run(runs, name: str, agent: object, *found: tuple[str, float | None], **more) -> None:
    run = runs / name
    run.mkdir(parents=True)
    (run / "run.json").write_text(json.dumps({"agent": agent}))
    for seed, (competition, seconds) in enumerate(found):
        folder = run / competition / f"seed-{seed}"
        folder.mkdir(parents=True)
        facts = {"complexity": "low", "category": "tabular", "agent": "aide", "outcome": "valid", **more}
        record = AttemptRecord(competition=competition, seed=seed, seconds=seconds, **facts)
        (folder / "attempt.json").write_text(json.dumps(record.to_json()))


def test_past_attempts_are_those_of_the_agents_newest_runs(tmp_path):
    for day in range(1, 6):
        add_run(tmp_path, f"2026-01-0{day}-aide", {"name": "aide"}, (f"c{day}", day * 10.0))
    add_run(tmp_path, "2026-01-09-dummy", {"name": "dummy"}, ("c1", 1.0))
    found = past_attempts(tmp_path, "aide", at_most=3)
    assert found == [("c5", "low", 50.0), ("c4", "low", 40.0), ("c3", "low", 30.0)]
    assert past_attempts(tmp_path, "another") == []
    assert past_attempts(tmp_path / "nowhere", "aide") == []


def test_errors_of_the_harness_tell_nothing_and_a_time_limit_tells_that_it_was_reached(tmp_path):
    add_run(tmp_path, "1", {"name": "aide"}, ("a", 5.0), outcome="error")
    add_run(tmp_path, "2", {"name": "aide"}, ("b", None))
    add_run(tmp_path, "3", {"name": "aide"}, ("c", 3600.0), timed_out=True)
    assert past_attempts(tmp_path, "aide") == [("c", "low", math.inf)]


@pytest.mark.parametrize("content", ["", "[]", "{", "null", '{"agent": 3}', '{"agent": {}}', "\x00"])
def test_a_damaged_run_is_passed_over(tmp_path, content):
    add_run(tmp_path, "1", {"name": "aide"}, ("a", 5.0))
    add_run(tmp_path, "2", {"name": "aide"}, ("a", 7.0))
    (tmp_path / "2/run.json").write_text(content)
    (tmp_path / "3/run.json").mkdir(parents=True)
    assert past_attempts(tmp_path, "aide") == [("a", "low", 5.0)]


def test_a_damaged_attempt_is_passed_over(tmp_path):
    add_run(tmp_path, "1", {"name": "aide"}, ("a", 5.0), ("b", 6.0), ("c", 7.0))
    (tmp_path / "1/a/seed-0/attempt.json").write_text("{")
    (tmp_path / "1/b/seed-1/attempt.json").write_text('{"seconds": "NaN"}')
    assert past_attempts(tmp_path, "aide") == [("c", "low", 7.0)]
