"""Whether prepared data is what the benchmark's is: checksums, and the score of the sample submission."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pytest_mlebench.competition import Competition
from pytest_mlebench.data.store import DataStore, NotPreparedError

__all__ = ["Difference", "Verification", "verify"]


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it is recorded."""

    what: str
    """A path below the competition's data folder, or ``score of the sample submission``."""
    expected: str
    found: str


@dataclass(frozen=True)
class Verification:
    """What came of comparing one competition's data with the recorded facts."""

    competition: str
    checked: int
    """How many recorded facts there were to compare with."""
    differences: tuple[Difference, ...]


def verify(competition: Competition, store: DataStore) -> Verification:
    """Compare the prepared data with the recorded checksums and sample score; differences are listed, not raised.

    The archive's checksum is that of raw.json, taken when it was unpacked; it is not compared where there is none.
    Raises NotPreparedError where the data is not prepared, and GraderError or HarnessError as grading does.
    """
    data = store.prepared(competition)
    if data is None:
        raise NotPreparedError(competition.id)
    places = store.places(competition)
    facts: list[tuple[str, str, str]] = [*_checksums(competition, data.record.parent, places.raw_record)]
    differences = [Difference(what, expected, found) for what, expected, found in facts if expected != found]
    recorded = competition.facts.get("reference", {}).get("sample_submission_score")
    if recorded is not None:
        grade = competition.grade(data.public / competition.sample_submission, data.private)
        # Both are rounded to 5 decimals.
        if grade.score is None or not math.isclose(grade.score, recorded, rel_tol=1e-9, abs_tol=1.5e-5):
            found = str(grade.score) if grade.score is not None else f"invalid: {grade.reason}"
            differences.append(Difference("score of the sample submission", str(recorded), found))
    return Verification(competition.id, len(facts) + (recorded is not None), tuple(differences))


def _checksums(competition: Competition, folder: Path, raw_record: Path) -> Iterator[tuple[str, str, str]]:
    for name, expected in competition.md5.items():
        if name == "raw.zip":
            found = _recorded_md5(raw_record)
            if found is not None:
                yield name, expected, found
        else:
            yield name, expected, _md5(folder / name)


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
