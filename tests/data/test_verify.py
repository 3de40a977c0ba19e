"""Comparing prepared data with what is recorded of the benchmark's."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.data.store import DataStore, NotPreparedError
from pytest_mlebench.data.verify import Difference, verify

SCORE = "score of the sample submission"


@pytest.fixture
def store(tmp_path: Path) -> DataStore:
    return DataStore(tmp_path / "cache")


def recorded(toy, score=0.5, **md5):
    return replace(toy, md5=md5, facts={**toy.facts, "reference": {"sample_submission_score": score}})


def test_what_agrees_has_no_differences(store, toy, raw):
    data = store.prepare(toy, raw_dir=raw)
    md5 = hashlib.md5((data.public / "train.csv").read_bytes()).hexdigest()
    result = verify(recorded(toy, **{"public/train.csv": md5}), store)
    assert result.checked == 2
    assert result.differences == ()


def test_differences_are_listed_and_not_raised(store, toy, raw):
    store.prepare(toy, raw_dir=raw)
    result = verify(recorded(toy, 0.75, **{"public/train.csv": "0" * 32, "public/gone.csv": "1" * 32}), store)
    assert [d.what for d in result.differences] == ["public/train.csv", "public/gone.csv", SCORE]
    assert result.differences[1].found == "cannot be read: No such file or directory"
    assert result.differences[0].cause.startswith("prepared with pandas ")
    assert replace(result.differences[2], cause="") == Difference(SCORE, "0.75", "0.5")


def test_counts_are_compared(store, toy, raw):
    data = store.prepare(toy, raw_dir=raw)
    facts = {**toy.facts, "rows": {"public/train.csv": 1}, "files": {"public": 3}}
    assert verify(replace(toy, facts=facts), store).differences == ()
    (data.public / "train.csv").write_text('id,y\n"1\n2",3\n4,5\n')
    (data.public / "more").mkdir()
    (data.public / "more" / "file").touch()
    found = {d.what: (d.expected, d.found) for d in verify(replace(toy, facts=facts), store).differences}
    assert found == {"rows of public/train.csv": ("1", "2"), "files in public": ("3", "4")}
    facts["rows"] = {"public/gone.csv": 3}
    [difference, _] = verify(replace(toy, facts=facts), store).differences
    assert difference.found == "cannot be read: No such file or directory"


def test_the_gold_submission_must_reach_what_is_recorded_of_it(store, toy, raw):
    store.prepare(toy, raw_dir=raw)
    facts = {**toy.facts, "reference": {"gold_score": 1.0}}
    assert verify(replace(toy, facts=facts), store).differences == ()
    facts["reference"] = {"gold_score": 0.98}
    [difference] = verify(replace(toy, facts=facts), store).differences
    assert (difference.what, difference.found) == ("score of the gold submission", "1.0")


def test_a_sample_that_scores_no_number_is_as_recorded(store, toy, raw):
    store.prepare(toy, raw_dir=raw)
    (toy.folder / "task.py").write_text("def grade(submission, answers):\n    return float('nan')\n")
    facts = {**toy.facts, "reference": {"sample_submission_score": float("nan")}}
    assert verify(replace(toy, facts=facts), store).differences == ()


def test_a_sample_submission_that_is_refused_is_a_difference(store, toy, raw):
    data = store.prepare(toy, raw_dir=raw)
    (data.public / "sample_submission.csv").write_text("")
    [difference] = verify(toy, store).differences
    assert difference.what == SCORE
    assert difference.found.startswith("invalid: ")


def test_the_archive_is_compared_only_where_it_was_seen(store, toy, raw):
    """Files that a person gave unpacked have no archive."""
    store.prepare(toy, raw_dir=raw)
    assert verify(recorded(toy, **{"raw.zip": "0" * 32}), store).differences == ()


def test_builtin_competitions_agree_with_what_is_recorded_of_them(store):
    competition = catalog.get("builtin-wine")
    store.prepare(competition)
    result = verify(competition, store)
    assert result.differences == ()
    assert result.checked >= 5


def test_what_is_not_prepared_cannot_be_verified(store, toy):
    with pytest.raises(NotPreparedError):
        verify(toy, store)
