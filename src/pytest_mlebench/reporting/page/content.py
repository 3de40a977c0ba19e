"""What the page says, as pure data: HTML, Markdown and plain text show the same."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from pytest_mlebench import catalog
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.competition import Competition
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting import contents, wording
from pytest_mlebench.reporting.contacts import contacts_table, tried_hosts
from pytest_mlebench.reporting.intervals import Interval
from pytest_mlebench.reporting.page.among_published import AmongPublished, among_published
from pytest_mlebench.reporting.page.boards import Board, board
from pytest_mlebench.reporting.page.failures import Cause, causes
from pytest_mlebench.reporting.page.over_time import Moment, over_time
from pytest_mlebench.reporting.page.passes import chosen_ks
from pytest_mlebench.reporting.page.setting import deviations, differences, setting, setting_table
from pytest_mlebench.reporting.page.sources import Sources
from pytest_mlebench.reporting.page.spending import spending
from pytest_mlebench.reporting.page.totals import totals_table
from pytest_mlebench.reporting.pass_curves import PassCurve, pass_curves
from pytest_mlebench.reporting.standing import Standings, packaged_board
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.table import Table, printable

__all__ = ["CompetitionPart", "Headline", "Page", "page"]

_SHORT = ("agent's options", "network", "time limit", "hardware of an attempt", "description", "data")


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The one figure."""

    label: str
    value: str
    """Percent, such as ``16.9``; empty where no attempt counts."""
    error: str
    """Standard error over seeds; empty where there is none."""
    basis: str
    """What it is the figure of, in a sentence."""
    final: bool
    status: str
    """Whether it is final, and why not, in a sentence or two."""

    @property
    def text(self) -> str:
        """``any medal: 16.9 % ± 0.6``."""
        error = f" ± {self.error}" if self.error else ""
        return f"{self.label}: {self.value} %{error}" if self.value else f"{self.label}: no attempt to count"


@dataclass(frozen=True, kw_only=True)
class CompetitionPart:
    """One competition and all its attempts, errors too."""

    name: str
    """As the reader sees it; not unique where repaired data are beside others."""
    anchor: str
    """Unique in the page; letters, digits and ``-``."""
    complexity: str
    category: str
    fixed: bool
    metric: str
    """Empty where the competition is not known here."""
    lower_is_better: bool | None
    problems: tuple[str, ...]
    records: tuple[AttemptRecord, ...]
    """In the order of their seeds."""
    beaten: tuple[float | None, ...]
    """For each of `records` the share of human teams beaten, 0-1; None for an error, and where it is not known."""
    normalised: float | None
    """Their mean, failures being 0; None where it is not known."""
    board: Board | None

    @property
    def first(self) -> AttemptRecord:
        """Any of the attempts, for what all have alike: the thresholds."""
        return self.records[0]

    @property
    def best(self) -> AttemptRecord | None:
        """The attempt with the best rank; None where none has one."""
        return min((each for each in self.records if each.rank), key=lambda each: each.rank or 0, default=None)


@dataclass(frozen=True, kw_only=True)
class Page:
    """Everything that a report says of one or several runs of one agent."""

    agent: str
    runs: tuple[str, ...]
    headline: Headline
    facts: tuple[tuple[str, str], ...]
    """How it was obtained, in a few words; everything is in `setting`."""
    notes: tuple[str, ...]
    """What a reader has to know of the figures; a line each."""
    warnings: tuple[str, ...]
    """What could not be read."""
    totals: Table
    categories: Table
    normalised: tuple[tuple[str, Interval], ...]
    """Share of human teams beaten, 0-1, over all competitions and by complexity."""
    published: AmongPublished | None
    curves: tuple[PassCurve, ...]
    """pass@k; with many attempts not for every k."""
    seeds: tuple[int, ...]
    competitions: tuple[CompetitionPart, ...]
    moments: tuple[Moment, ...]
    """Empty where no snapshots were taken."""
    spending: Table
    times: tuple[tuple[float, bool], ...]
    """Hours that agents took, and whether they earned a medal."""
    causes: tuple[Cause, ...]
    hosts: Table
    """That agents tried to reach; without rows where there were none."""
    setting: Table
    deviations: tuple[tuple[str, tuple[str, ...]], ...]
    """By run."""

    @property
    def title(self) -> str:
        """Of the document."""
        return f"{self.agent}: {self.headline.text}"

    @property
    def problems(self) -> list[tuple[str, tuple[str, ...]]]:
        """Known problems of the data, by competition."""
        return [(part.name, part.problems) for part in self.competitions if part.problems]


def page(sources: Sources, summary: Summary) -> Page:
    """The page about `sources`; `summary` is of their records, and says how they are counted."""
    standings = Standings(summary)
    parts = tuple(_parts(summary, standings))
    single = sources.results[0] if len(sources.results) == 1 else None
    known = setting(single) if single else _common(sources)
    unfinished = [name for each in sources.results for name in each.unfinished]
    agent = printable(next((record.agent for record in summary.rows), "no attempts"))
    groups = [("all", standings.normalised())]
    if len(summary.by_complexity) > 1:
        groups += [(name, standings.normalised(name)) for name in summary.by_complexity]
    return Page(
        agent=agent,
        runs=tuple(printable(each.name) for each in sources.results),
        headline=_headline(summary, len(unfinished)),
        facts=tuple((name, known[name]) for name in _SHORT if name in known),
        notes=tuple(_notes(sources, summary, unfinished)),
        warnings=tuple(printable(line) for each in sources.results for line in each.warnings),
        totals=totals_table([summary.overall, *summary.by_complexity.values()], "complexity"),
        categories=totals_table(list(summary.by_category.values()), "category"),
        normalised=tuple((printable(name), interval) for name, interval in groups if interval is not None),
        published=among_published(summary, agent),
        curves=pass_curves(summary, ks=chosen_ks(summary)),
        seeds=tuple(sorted({record.seed for record in summary.rows})),
        competitions=parts,
        moments=tuple(over_time(summary.counted)),
        spending=spending(summary),
        times=tuple(
            (record.seconds / 3600, record.medal is not None)
            for record in summary.counted
            if record.seconds is not None and record.seconds >= 0
        ),
        causes=tuple(causes(summary.rows)),
        hosts=contacts_table(tried_hosts(summary.rows)),
        setting=setting_table(sources.results),
        deviations=tuple((printable(each.name), tuple(deviations(each))) for each in sources.results),
    )


def _common(sources: Sources) -> dict[str, str]:
    """What all runs have alike."""
    known = [setting(each) for each in sources.results]
    return {name: value for name, value in known[0].items() if all(each.get(name) == value for each in known)}


def _headline(summary: Summary, unfinished: int) -> Headline:
    overall = summary.overall
    share = overall.shares["any_medal"]
    seeds = wording.count(overall.seeds, "seed")
    counted = wording.count(overall.competitions * overall.seeds, "attempt")
    basis = f"{counted}: {wording.count(overall.competitions, 'competition')} x {seeds}"
    if overall.seeds > 1:
        basis += "; ± is the standard error over seeds"
    return Headline(
        label="any medal" + ", repaired data" * summary.fixed,
        value="" if share.mean is None else f"{share.mean:.1f}",
        error="" if share.standard_error is None else f"{share.standard_error:.1f}",
        basis=basis,
        final=summary.final and not (unfinished and not summary.padded),
        status=_status(summary, unfinished),
    )


def _status(summary: Summary, unfinished: int) -> str:
    errors = len(summary.errors)
    if not summary.counted:
        return "Not final: no attempt has a result that counts."
    open_ends = []
    if errors and not summary.errors_as_failures:
        them, are = ("it", "is") if errors == 1 else ("them", "are")
        open_ends.append(
            f"{wording.count(errors, 'attempt')} ended in an error of the harness and {are} in no figure: resume the "
            f"run, or count {them} as failed with --errors-as-failures."
        )
    if unfinished and not summary.padded:
        open_ends.append(
            f"{wording.count(unfinished, 'planned attempt', 'has')} no result: resume the run, or count what is "
            "missing as failed with --pad."
        )
    if open_ends:
        return f"Not final. {' '.join(open_ends)}"
    counted = f" {wording.count(errors, 'error')} of the harness counted as failed, as asked." if errors else ""
    return f"Final.{counted}"


def _notes(sources: Sources, summary: Summary, unfinished: Sequence[str]) -> list[str]:
    made = []
    if len(sources.results) > 1:
        names = ", ".join(printable(each.name) for each in sources.results)
        made.append(f"{len(sources.results)} runs read together, seeds numbered on in this order: {names}")
        if unlike := differences(sources.results):
            made.append(f"these runs were not obtained alike: they differ in {', '.join(unlike)}")
    # Errors and known problems have sections of their own.
    made += [line for line in contents.notes(summary, unfinished) if not line.startswith(("error, ", "* "))]
    return made


def _parts(summary: Summary, standings: Standings) -> list[CompetitionPart]:
    made: list[CompetitionPart] = []
    anchors: set[str] = set()
    known = {(each.attempts.competition, each.attempts.fixed): each for each in standings.by_competition}
    for (name, fixed), group in groupby(summary.rows, key=lambda record: (record.competition, record.fixed)):
        records = tuple(group)
        competition = _known(name)
        leaderboard = packaged_board(name)
        standing = known.get((name, fixed))
        beaten = dict(zip(map(id, standing.attempts.records), standing.beaten, strict=True)) if standing else {}
        made.append(
            CompetitionPart(
                name=printable(name) + " (repaired)" * fixed,
                anchor=_anchor(name, fixed, anchors),
                complexity=printable(records[0].complexity),
                category=printable(records[0].category),
                fixed=fixed,
                metric=competition.metric if competition else "",
                lower_is_better=records[0].lower_is_better,
                problems=tuple(printable(each) for each in records[0].problems),
                records=records,
                beaten=tuple(beaten.get(id(record)) for record in records),
                normalised=standing.normalised if standing else None,
                board=board(records, leaderboard.scores if leaderboard else ()),
            )
        )
    return made


def _anchor(name: str, fixed: bool, taken: set[str]) -> str:
    anchor = f"c-{re.sub(r'[^A-Za-z0-9]+', '-', name)[:80].strip('-')}" + "-repaired" * fixed
    while anchor in taken:
        anchor += "-2"
    taken.add(anchor)
    return anchor


def _known(name: str) -> Competition | None:
    """What cannot be read of the catalog is not shown: a report needs the run's folder only."""
    try:
        return catalog.get(name)
    except MlebenchError:
        return None
