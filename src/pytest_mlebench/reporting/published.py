"""The public leaderboard of the benchmark, as published_leaderboard.csv beside this module has it, and places on it."""

from __future__ import annotations

import csv
import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType

from pytest_mlebench import catalog
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.summary import PUBLISHED, Summary

__all__ = ["COLUMNS", "Entry", "Figure", "Leaders", "Place", "leaders", "placed", "places", "published"]

COLUMNS = (*PUBLISHED, "all")
"""The groups of competitions that there are figures of."""

_FILE = Path(__file__).with_name("published_leaderboard.csv")


@dataclass(frozen=True)
class Figure:
    """Any medal, in percent of the competitions."""

    mean: float
    """Over seeds, 0-100."""
    standard_error: float
    """Of that mean."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One agent on the public leaderboard."""

    agent: str
    models: str
    figures: Mapping[str, Figure]
    """By the names in COLUMNS."""
    hours: float
    """Time limit of an attempt."""
    date: datetime.date
    known_leakage: bool
    """Whether its results are known to profit from answers that leaked into the data."""
    source_available: bool
    padded_with_failures: bool
    """Whether seeds lacked attempts that were then counted as failed."""
    url: str | None


@dataclass(frozen=True, kw_only=True)
class Leaders:
    """The leaderboard, and where it is from."""

    source: str
    as_of: str
    """Year and month."""
    entries: tuple[Entry, ...]
    """In the order of the file."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a result would stand on the public leaderboard."""

    column: str
    """One of COLUMNS."""
    mean: float
    """Any medal, in percent."""
    standard_error: float | None
    rank: int
    """One more than the number of entries with a higher mean."""
    of: int
    """How many entries there are, this result not counted."""
    above: Entry | None
    """The nearest entry with a higher mean; None for the first."""
    below: Entry | None
    """The nearest entry with no higher mean; None for the last."""
    competitions: int
    """How many of the column's competitions the result is of."""
    expected: int
    """How many competitions the column has."""

    @property
    def complete(self) -> bool:
        """Whether the result is of all of the column's competitions; otherwise the place says little."""
        return self.competitions == self.expected


@cache
def leaders(path: Path = _FILE) -> Leaders:
    """The leaderboard in a CSV like the packaged one.

    Lines that begin with # are comments; ``# source:`` and ``# as of:`` say where it is from. Raises MlebenchError
    naming the line that is wrong.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise MlebenchError(f"cannot read the published leaderboard {path}: {error}") from None
    said = dict(line[1:].strip().split(": ", 1) for line in lines if line.startswith("#") and ": " in line)
    numbered = [(number, line) for number, line in enumerate(lines, 1) if line.strip() and not line.startswith("#")]
    entries = []
    rows = csv.DictReader(line for _, line in numbered)
    for (number, _), row in zip(numbered[1:], rows, strict=False):
        try:
            entries.append(_entry(row))
        except (KeyError, TypeError, ValueError) as error:
            what = f"no column {error}" if isinstance(error, KeyError) else error
            raise MlebenchError(f"{path}, line {number}: {what}") from None
    return Leaders(source=said.get("source", str(path)), as_of=said.get("as of", "unknown"), entries=tuple(entries))


def published() -> tuple[Entry, ...]:
    """The entries of the public leaderboard, best first."""
    return leaders().entries


def placed(
    mean: float,
    column: str = "all",
    *,
    standard_error: float | None = None,
    competitions: int | None = None,
    entries: Sequence[Entry] | None = None,
) -> Place:
    """Where a result with that mean, in percent, would stand in a column; equal means share the better rank.

    `competitions` says how many of the column's the result is of, all unless given; `entries` are the published ones
    unless given. Raises ValueError for a column that does not exist.
    """
    if column not in COLUMNS:
        raise ValueError(f"no column {column!r}: choose from {', '.join(COLUMNS)}")
    known = published() if entries is None else entries
    better = [each for each in known if each.figures[column].mean > mean]
    others = [each for each in known if each.figures[column].mean <= mean]
    expected = sum(len(_competitions(each)) for each in (PUBLISHED if column == "all" else (column,)))
    return Place(
        column=column,
        mean=mean,
        standard_error=standard_error,
        rank=len(better) + 1,
        of=len(known),
        above=min(better, key=lambda each: each.figures[column].mean, default=None),
        below=max(others, key=lambda each: each.figures[column].mean, default=None),
        competitions=expected if competitions is None else competitions,
        expected=expected,
    )


def places(summary: Summary, entries: Sequence[Entry] | None = None) -> dict[str, Place]:
    """Where a run would stand, by the columns it has attempts of; its repaired data and other competitions left out."""
    made = {}
    for column in COLUMNS:
        totals = summary.comparable if column == "all" else summary.by_complexity.get(column)
        share = totals.shares["any_medal"] if totals is not None else None
        if totals is not None and share is not None and share.mean is not None:
            groups = PUBLISHED if column == "all" else (column,)
            known = {id for group in groups for id in _competitions(group)}
            attempted = {each.competition for each in summary.by_competition if each.group in groups}
            made[column] = placed(
                share.mean,
                column,
                standard_error=share.standard_error,
                competitions=len(attempted & known),
                entries=entries,
            )
    return made


def _entry(row: Mapping[str, str]) -> Entry:
    if None in row or None in row.values():
        raise ValueError("it has more or fewer cells than the first line has names")
    return Entry(
        agent=row["agent"],
        models=row["models"],
        figures=MappingProxyType(
            {column: Figure(_number(row, column), _number(row, f"{column}_sem")) for column in COLUMNS}
        ),
        hours=_number(row, "hours"),
        date=datetime.date.fromisoformat(row["date"]),
        known_leakage=_truth(row, "known_leakage"),
        source_available=_truth(row, "source_available"),
        padded_with_failures=_truth(row, "padded_with_failures"),
        url=row["url"] or None,
    )


def _number(row: Mapping[str, str], name: str) -> float:
    number = float(row[name])
    if not math.isfinite(number) or number < 0:
        raise ValueError(f"{name} is {row[name]!r}, which is no number from 0")
    return number


def _truth(row: Mapping[str, str], name: str) -> bool:
    if row[name] not in ("yes", "no"):
        raise ValueError(f"{name} is {row[name]!r}, but must be yes or no")
    return row[name] == "yes"


@cache
def _competitions(complexity: str) -> frozenset[str]:
    return frozenset(catalog.ids(complexity))
