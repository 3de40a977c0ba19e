"""Where the run stands on the public leaderboard: in sentences, as a table, and as figures to draw."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pytest_mlebench.reporting.published import COLUMNS, Entry, Leaders, Place, leaders, places
from pytest_mlebench.reporting.summary import PUBLISHED, Summary
from pytest_mlebench.reporting.table import Cell, Column, Table
from pytest_mlebench.reporting.wording import count

__all__ = ["AmongPublished", "among_published"]

_IN_WORDS = ("all", *PUBLISHED)


@dataclass(frozen=True, kw_only=True)
class AmongPublished:
    """The run among the published ones."""

    source: str
    sentences: tuple[str, ...]
    table: Table
    """The public leaderboard, best first, with the run where it would stand."""
    column: str
    """What the picture is of: all competitions, or a complexity where the run has not attempted all."""
    others: tuple[float, ...]
    """Any medal in percent; likewise `ours`."""
    ours: float
    error: float | None


def among_published(summary: Summary, agent: str) -> AmongPublished | None:
    """Where `summary` stands; None where it has attempts of no competition that the published results are of."""
    found = places(summary)
    if not found:
        return None
    known = leaders()
    complete = [place for place in found.values() if place.complete]
    shown = next((place for place in reversed(complete) if place.column == "all"), None) or (
        complete[0] if complete else list(found.values())[-1]
    )
    return AmongPublished(
        source=f"{known.source}, as of {known.as_of}",
        sentences=tuple(_sentence(found[name]) for name in _IN_WORDS if name in found),
        table=_table(known, found, shown, agent),
        column=shown.column,
        others=tuple(entry.figures[shown.column].mean for entry in known.entries),
        ours=shown.mean,
        error=shown.standard_error,
    )


def _sentence(place: Place) -> str:
    competitions = "All competitions" if place.column == "all" else f"{place.column.capitalize()} complexity"
    error = "" if place.standard_error is None else f" ± {place.standard_error:.1f}"
    others = count(place.of, "published result")
    text = f"{competitions}: {place.mean:.1f} %{error} would be place {place.rank} among {others}"
    neighbours = [
        f"{word} {entry.agent} with {entry.models} ({entry.figures[place.column].mean:.1f} %)"
        for word, entry in (("behind", place.above), ("ahead of", place.below))
        if entry is not None
    ]
    if neighbours:
        text += f", {' and '.join(neighbours)}"
    if not place.complete:
        text += f"; it is of {place.competitions} of {place.expected} competitions only, so the place says little"
    return f"{text}."


def _table(known: Leaders, found: Mapping[str, Place], shown: Place, agent: str) -> Table:
    titles = ("place", "agent", "models", *(f"{column} %" for column in COLUMNS), "hours", "date", "remarks")
    entries = sorted(known.entries, key=lambda entry: -entry.figures[shown.column].mean)
    means = [entry.figures[shown.column].mean for entry in entries]
    rows = [[Cell(str(means.index(mean) + 1)), *_entry(entry)] for entry, mean in zip(entries, means, strict=True)]
    figures = (
        Cell(_percent(found[name].mean, found[name].standard_error) if name in found else "-") for name in COLUMNS
    )
    partly = [place for place in found.values() if not place.complete]
    attempted = ", ".join(f"{place.column} {place.competitions} of {place.expected}" for place in partly)
    remark = f"competitions attempted: {attempted}" if partly else ""
    ours = [
        Cell("–", "ours"),
        Cell(f"{agent} (this report)", "ours"),
        Cell("", "ours"),
        *figures,
        Cell(""),
        Cell(""),
        Cell(remark),
    ]
    rows.insert(sum(mean > shown.mean for mean in means), ours)
    columns = [Column(title=title, right=title in ("place", "hours") or title.endswith("%")) for title in titles]
    return Table(title="", columns=columns, rows=rows)


def _entry(entry: Entry) -> list[Cell]:
    remarks = ["known leakage"] * entry.known_leakage + ["padded with failures"] * entry.padded_with_failures
    return [
        Cell(entry.agent),
        Cell(entry.models),
        *(Cell(_percent(entry.figures[name].mean, entry.figures[name].standard_error)) for name in COLUMNS),
        Cell(f"{entry.hours:g}"),
        Cell(entry.date.isoformat()),
        Cell(", ".join(remarks)),
    ]


def _percent(mean: float, error: float | None) -> str:
    return f"{mean:.1f}" + ("" if error is None else f" ±{error:.1f}")
