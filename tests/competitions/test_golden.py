"""Prepared data and scores of real competitions, as the published code gave them on the same synthetic raw data."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench import catalog

from .trees import differences, index

GOLDEN = Path(__file__).parent / "golden"
REAL = catalog.ids()
# Recorded on raw data so large that grading is recorded on answers of its own; other seeds would take long.
LARGE = {id for id in REAL if "def make_answers(" in (Path(__file__).parent / "rawgen" / f"{id}.py").read_text()}


def recorded(id: str, name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / id / "seed0" / f"{name}.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("id", REAL)
def test_prepared_files_are_those_of_the_published_code(id, prepared):
    data = prepared(catalog.get(id))
    manifest, raw = recorded(id, "manifest"), index(data.raw)
    assert differences(data.public, manifest["public"], raw) == []
    assert differences(data.private, manifest["private"], raw) == []


@pytest.mark.parametrize("id", REAL)
def test_scores_and_refusals_are_those_of_the_published_code(id, gradable):
    competition, data = catalog.get(id), gradable(catalog.get(id))
    problems = []
    for name, want in recorded(id, "expected").items():
        grade = competition.grade(GOLDEN / id / "seed0" / "cases" / f"{name}.csv", data.private)
        if "refused" in want:
            right = not grade.valid and bool(grade.reason)
        elif want.get("nan"):
            right = grade.valid and math.isnan(grade.raw_score)
        else:
            right = grade.valid and grade.raw_score == pytest.approx(want["score"], rel=1e-9, abs=1e-9)
        problems += [] if right else [(name, want, grade.raw_score, grade.reason)]
    assert problems == []


@pytest.mark.parametrize("id", sorted(set(REAL) - LARGE))
def test_other_data_are_prepared_and_no_submission_beats_the_gold_one(id, prepared, generator, tmp_path):
    seed = 1
    competition, data = catalog.get(id), prepared(catalog.get(id), seed)
    gold = competition.grade(data.private / competition.gold_submission, data.private)
    sample = competition.grade(competition.sample_path(data.public, data.private), data.private)
    assert gold.valid, gold.reason
    assert sample.valid, sample.reason
    grades = {"sample": sample}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = dict(generator(id).cases(data.public, data.private, seed))
    for name, table in cases.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        grades[name] = competition.grade(tmp_path / f"{name}.csv", data.private)
    sign = -1 if competition.lower_is_better else 1
    best = competition.facts["reference"].get("best_score", gold.score)
    assert {name for name, grade in grades.items() if grade.valid and sign * grade.score > sign * best} == set()
