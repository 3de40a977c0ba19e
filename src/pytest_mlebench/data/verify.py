"""Whether prepared data is what the benchmark's is: checksums, counts, and the scores of sample and gold submission."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_mlebench.competition import Competition
from pytest_mlebench.data.places import PreparedData
from pytest_mlebench.data.store import DataStore, NotPreparedError

__all__ = ["Difference", "Verification", "verify"]

_DOWNLOAD = "Kaggle has changed the archive since, or it is another one"
_RAW = "the raw data are not those of the benchmark, or are not complete"
_ORDER = "another version of scikit-learn or numpy may draw another split, another pandas sort ties otherwise"


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it is recorded."""

    what: str
    """A path below the competition's data folder, what is counted there, or ``score of the sample submission``."""
    expected: str
    found: str
    cause: str = ""
    """What is most often the reason, for a person."""


@dataclass(frozen=True)
class Verification:
    """What came of comparing one competition's data with the recorded facts."""

    competition: str
    checked: int
    """How many recorded facts there were to compare with."""
    differences: tuple[Difference, ...]


def verify(competition: Competition, store: DataStore) -> Verification:
    """Compare the prepared data with everything recorded of the benchmark's; differences are listed, not raised.

    Recorded are checksums, rows of tables, files in folders, and the scores of the sample and of the gold submission.
    The archive's checksum is that of raw.json, taken when it was unpacked; it is not compared where there is none.
    Raises NotPreparedError where the data is not prepared, and GraderError or HarnessError as grading does.
    """
    data = store.prepared(competition)
    if data is None:
        raise NotPreparedError(competition.id)
    places = store.places(competition)
    facts = [
        *_checksums(competition, data, places.raw_record),
        *_counts(competition, data.record.parent),
        *_scores(competition, data),
    ]
    differences = tuple(fact for fact in facts if fact.expected != fact.found)
    return Verification(competition.id, len(facts), differences)


def _checksums(competition: Competition, data: PreparedData, raw_record: Path) -> Iterator[Difference]:
    versions = _versions(data.record)
    for name, expected in competition.md5.items():
        if name == "raw.zip":
            found = _recorded_md5(raw_record)
            if found is not None:
                yield Difference(name, expected, found, _DOWNLOAD)
        else:
            cause = f"prepared with {versions}: another version writes other digits or bytes; or the raw data differ"
            yield Difference(name, expected, _md5(data.record.parent / name), cause)


def _counts(competition: Competition, folder: Path) -> Iterator[Difference]:
    for name, expected in competition.facts.get("rows", {}).items():
        yield Difference(f"rows of {name}", str(expected), _rows(folder / name), _RAW)
    for name, expected in competition.facts.get("files", {}).items():
        found = sum(len(files) for _, _, files in os.walk(folder / name))
        yield Difference(f"files in {name}", str(expected), str(found), _RAW)


def _scores(competition: Competition, data: PreparedData) -> Iterator[Difference]:
    reference = competition.facts.get("reference", {})
    submissions = {
        "sample": competition.sample_path(data.public, data.private),
        "gold": data.private / competition.gold_submission,
    }
    for name, path in submissions.items():
        expected = reference.get(f"{name}_submission_score" if name == "sample" else "gold_score")
        if expected is None:
            continue
        grade = competition.grade(path, data.private)
        found = str(grade.score) if grade.valid else f"invalid: {grade.reason}"
        if grade.score is not None and _same(grade.score, float(expected)):
            found = str(expected)
        yield Difference(f"score of the {name} submission", str(expected), found, _ORDER)


def _same(score: float, expected: float) -> bool:
    """Whether two scores agree that are both rounded to 5 decimals; not-a-number agrees with itself."""
    if math.isnan(expected):
        return math.isnan(score)
    return math.isclose(score, expected, rel_tol=1e-9, abs_tol=1.5e-5)


def _versions(record: Path) -> str:
    try:
        known = json.loads(record.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    return ", ".join(f"{name} {known.get(name, 'unknown')}" for name in ("pandas", "numpy", "scikit-learn"))


def _recorded_md5(raw_record: Path) -> str | None:
    try:
        found = json.loads(raw_record.read_text(encoding="utf-8")).get("md5")
    except (OSError, ValueError):
        return None
    return str(found) if found else None


def _md5(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _rows(path: Path) -> str:
    """How many rows a table has, read in pieces."""
    import pandas as pd

    from pytest_mlebench.preparing.tables import read_chunks, read_parquet

    try:
        if path.suffix == ".parquet":
            return str(len(read_parquet(path, columns=[])))
        separator = "\t" if path.suffix == ".tsv" else ","
        return str(sum(len(piece) for piece in read_chunks(path, 1_000_000, sep=separator, usecols=[0])))
    except OSError as error:
        return f"cannot be read: {error.strerror}"
    except (ValueError, pd.errors.ParserError) as error:
        return f"cannot be read: {' '.join(str(error).split())}"
