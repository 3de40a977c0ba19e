"""Descriptions are complete for an agent that has nothing else, and the obfuscated ones give nothing away."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.competition import Competition

COMPETITIONS = [pytest.param(competition, id=competition.id) for competition in Catalog()]
PUBLISHED = [each for each in COMPETITIONS if each.id and not each.id.startswith("builtin-")]
WORDS = {"low": "two hours", "medium": "two and ten hours", "high": "ten hours", "dev": "hour"}


def text_of(competition: Competition, obfuscated: bool) -> str:
    return (competition.description_obfuscated if obfuscated else competition.description).read_text(encoding="utf-8")


def header_of(path: Path) -> list[str]:
    with path.open(encoding="utf-8", newline="") as file:
        return next(csv.reader(file))


def public_names(public: Path) -> set[str]:
    """Files at the top of the public folder, and folders that hold files."""
    return {
        path.name if path.parent == public else path.relative_to(public).parts[0] + "/"
        for path in public.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize("obfuscated", [False, True], ids=["plain", "obfuscated"])
@pytest.mark.parametrize("competition", PUBLISHED)
def test_files_columns_metric_format_and_effort_are_described(competition, obfuscated, prepared):
    data = prepared(competition)
    text = text_of(competition, obfuscated)
    assert [name for name in sorted(public_names(data.public)) if name not in text] == []
    sample = header_of(competition.sample_path(data.public, data.private))
    assert [column for column in sample if column not in text] == []
    tables = [path for path in sorted(data.public.glob("*.csv")) if path.stat().st_size]
    columns = {column for path in tables for column in header_of(path)[:60] if column}
    assert sorted(column for column in columns if column not in text and not re.search(r"\d$", column)) == []
    if len(sample) <= 12:
        assert ",".join(sample) in text.replace('"', "")
    assert WORDS[competition.complexity] in " ".join(text.split())
    for heading in ("## Data", "## Evaluation", "## Submission"):
        assert heading in text
    direction = "lower is better" if competition.lower_is_better else "higher is better"
    assert direction in " ".join(text.lower().split())
    assert max(map(len, text.splitlines())) <= 200


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_an_obfuscated_description_names_neither_competition_nor_host(competition, prepared):
    text = text_of(competition, obfuscated=True)
    data = prepared(competition)
    # Names of files and columns have to stay as they are.
    kept = public_names(data.public) | set(header_of(competition.sample_path(data.public, data.private)))
    for path in data.public.glob("*.csv"):
        kept |= set(header_of(path))
    for name in sorted(kept, key=len, reverse=True):
        text = text.replace(name, " ")
    words = {competition.id, competition.title, "kaggle", *competition.facts["withheld"]}
    found = [word for word in words if re.search(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", text, re.I)]
    assert found == []
    assert not re.search(r"https?://|www\.", text)


@pytest.mark.parametrize("competition", PUBLISHED)
def test_the_list_of_withheld_names_is_filled(competition):
    assert all(isinstance(word, str) and word for word in competition.facts["withheld"])
    plain = text_of(competition, obfuscated=False)
    assert competition.title in plain or competition.title.replace("’", "'") in plain
