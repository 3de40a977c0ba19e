"""The page as headings, paragraphs, lists and tables: what Markdown and plain text are written from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pytest_mlebench.reporting.contacts import EXPLANATION
from pytest_mlebench.reporting.page.content import CompetitionPart, Page
from pytest_mlebench.reporting.page.failures import Cause
from pytest_mlebench.reporting.page.over_time import moments_table
from pytest_mlebench.reporting.page.passes import pass_table
from pytest_mlebench.reporting.page.words import counts
from pytest_mlebench.reporting.table import Cell, Column, Table
from pytest_mlebench.reporting.wording import LETTERS, WORDS, score

__all__ = ["Block", "Section", "sections"]

_MOST_SEEDS = 24
_MOST_NAMED = 12

Block = str | Table | list[str]
"""A paragraph, a table, or a list."""


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    blocks: Sequence[Block]


def sections(page: Page) -> Iterator[Section]:
    """Everything but pictures, in the order of the page; the first section has the headline."""
    facts = [f"{name}: {value}" for name, value in page.facts]
    for run, texts in page.deviations:
        if texts:
            whose = f" ({run})" if len(page.runs) > 1 else ""
            facts.append(f"departs from the standard{whose}: {'; '.join(texts)}")
    unread = [f"could not be read: {line}" for line in page.warnings]
    first: list[Block] = [f"{page.headline.text} ({page.headline.basis})", page.headline.status, facts]
    yield Section(f"{page.agent}: {', '.join(page.runs)}", [*first, [*page.notes, *unread]])
    totals: list[Block] = ["Percent of attempts, averaged over seeds, ± standard error.", page.totals]
    if len(page.categories.rows) > 1:
        totals.append(page.categories)
    if page.normalised:
        totals.append("Share of human teams beaten, with its 95 % interval over competitions:")
        totals.append(
            [
                f"{name}: {100 * each.mean:.1f} % ({100 * each.low:.1f} to {100 * each.high:.1f})"
                for name, each in page.normalised
            ]
        )
    yield Section("Totals", totals)
    if page.published is not None:
        source = f"Source: {page.published.source}."
        yield Section("Among the published", [list(page.published.sentences), page.published.table, source])
    if page.curves:
        says = "Percent, averaged over competitions; in brackets 95 % intervals by bootstrap over competitions."
        yield Section("pass@k", [says, pass_table(page.curves)])
    key = ", ".join(f"{letter} {WORDS[outcome]}" for outcome, letter in LETTERS.items())
    yield Section("Medals", [f"{key}, . not attempted, * known problem of the data.", _matrix(page)])
    if page.moments:
        says = "What attempts would have earned, had they ended earlier, in percent of attempts."
        yield Section("Over time", [says, moments_table(page.moments)])
    yield Section("Time and cost", [page.spending])
    failures = [_cause(cause) for cause in page.causes]
    yield Section("Failures", [failures] if failures else ["Every attempt left a valid submission."])
    if page.hosts.rows:
        yield Section("Network", [EXPLANATION, page.hosts])
    if page.problems:
        problems = [f"{name}: {' '.join(sentences)}" for name, sentences in page.problems]
        yield Section("Known problems of the data", [problems])
    yield Section("How it was obtained", [page.setting])


def _matrix(page: Page) -> Table:
    spread = len(page.seeds) <= _MOST_SEEDS
    columns = [Column(title="competition"), Column(title="complexity")]
    columns += [Column(title=str(seed)) for seed in page.seeds] if spread else [Column(title="attempts", folds=True)]
    columns += [Column(title=title, right=True) for title in ("best score", "bronze", "silver", "gold", "beats")]
    return Table(
        title="", columns=columns, rows=[_row(part, page.seeds if spread else None) for part in page.competitions]
    )


def _row(part: CompetitionPart, seeds: Sequence[int] | None) -> list[Cell]:
    letters = {record.seed: LETTERS[record.outcome] for record in part.records}
    best = part.best
    return [
        Cell(f"{part.name} *" if part.problems else part.name, "label"),
        Cell(part.complexity),
        *([Cell(counts(part.records))] if seeds is None else [Cell(letters.get(seed, ".")) for seed in seeds]),
        Cell(score(best.score) if best else "-"),
        *(Cell(score(value)) for value in (part.first.bronze, part.first.silver, part.first.gold)),
        Cell("-" if part.normalised is None else f"{100 * part.normalised:.0f} %"),
    ]


def _cause(cause: Cause) -> str:
    shown = ", ".join(cause.names[:_MOST_NAMED])
    more = f" and {len(cause.names) - _MOST_NAMED} more" if len(cause.names) > _MOST_NAMED else ""
    varied = " (and the like)" if cause.varied else ""
    return f"{cause.title}: {cause.text}{varied}: {shown}{more}"
