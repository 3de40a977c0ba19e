"""Prepared data and scores of real competitions, as the published code gave them on the same synthetic raw data."""

from __future__ import annotations

import hashlib
import json
import math
import warnings
import zipfile
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench import catalog

GOLDEN = Path(__file__).parent / "golden"
REAL = catalog.ids()


def recorded(id: str, name: str) -> dict[str, Any]:
    return json.loads((GOLDEN / id / "seed0" / f"{name}.json").read_text(encoding="utf-8"))


def raw_bytes(raw: Path, label: str) -> bytes:
    """A file of the raw data, or ``archive.zip!member``."""
    file, _, member = label.partition("!")
    if not member:
        return (raw / file).read_bytes()
    with zipfile.ZipFile(raw / file) as archive:
        return archive.read(member)


def differences(folder: Path, manifest: dict[str, dict[str, Any]], raw: Path) -> list[str]:
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    problems = [f"missing {name}" for name in manifest.keys() - found.keys()]
    problems += [f"unexpected {name}" for name in found.keys() - manifest.keys()]
    for name in manifest.keys() & found.keys():
        want = manifest[name]
        same = (
            found[name] == raw_bytes(raw, want["raw"])
            if "raw" in want
            else hashlib.sha256(found[name]).hexdigest() == want["sha256"]
        )
        problems += [] if same else [f"differs {name}"]
    return sorted(problems)


@pytest.mark.parametrize("id", REAL)
def test_prepared_files_are_those_of_the_published_code(id, prepared):
    data = prepared(catalog.get(id))
    manifest = recorded(id, "manifest")
    assert differences(data.public, manifest["public"], data.raw) == []
    assert differences(data.private, manifest["private"], data.raw) == []


@pytest.mark.parametrize("id", REAL)
def test_scores_and_refusals_are_those_of_the_published_code(id, prepared):
    competition, data = catalog.get(id), prepared(catalog.get(id))
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


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("id", REAL)
def test_no_submission_beats_the_gold_one_on_other_data(id, seed, prepared, generator, tmp_path):
    competition, data = catalog.get(id), prepared(catalog.get(id), seed)
    gold = competition.grade(data.private / competition.gold_submission, data.private)
    assert gold.valid, gold.reason
    sample = competition.grade(data.public / competition.sample_submission, data.private)
    assert sample.valid, sample.reason
    grades = {"sample": sample}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = dict(generator(id).cases(data.public, data.private, seed))
    for name, table in cases.items():
        table.to_csv(tmp_path / f"{name}.csv", index=False)
        grades[name] = competition.grade(tmp_path / f"{name}.csv", data.private)
    sign = -1 if competition.lower_is_better else 1
    assert {name for name, grade in grades.items() if grade.valid and sign * grade.score > sign * gold.score} == set()
