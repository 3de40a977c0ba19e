"""What the summary of a run shows: its tables, notes and headline, as data without colours or widths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby

from pytest_mlebench.attempts.record import AttemptRecord, Outcome
from pytest_mlebench.quantities import format_duration
from pytest_mlebench.reporting import wording
from pytest_mlebench.reporting.contacts import tried_hosts
from pytest_mlebench.reporting.summary import MEASURES, Summary, Totals, complexity_order
from pytest_mlebench.reporting.table import Cell, Column, Table, align_decimals, natural_width, printable
from pytest_mlebench.reporting.wording import LETTERS, WORDS

__all__ = ["MANY", "attempts_table", "headline", "notes", "pass_at_k_tables", "skipped_notes", "totals_tables"]

MANY = 40
"""With more attempts than this the table has one row a competition."""

_LABELS = {name: name.replace("_", " ") for name in MEASURES}
_COMPARABLE = ("low", "medium", "high")


def attempts_table(summary: Summary, width: int) -> Table:
    """The medal table: one row an attempt, one row a competition where there are many.

    Where a row with everything would be wider than `width`, the thresholds stand above the attempts they apply to.
    """
    if len(summary.rows) > MANY:
        return _competitions(summary)
    wide = _wide(summary)
    return wide if natural_width(wide) <= width else _stacked(summary)


def totals_tables(summary: Summary, width: int) -> list[Table]:
    """Counts and percent of attempts, over all and by complexity; in several tables where one would be too wide."""
    seeds = f" ± standard error over {summary.seeds} seeds" if summary.seeds > 1 else ""
    title = f"totals: attempts, percent{seeds}"
    return _by_group(_groups(summary), _totals_column, title, width)


def pass_at_k_tables(summary: Summary, width: int) -> list[Table]:
    """pass@k in percent, over all and by complexity; empty where no competition has an attempt."""
    if not summary.seeds:
        return []
    title = "pass@k: percent, a medal in k attempts"
    return _by_group(_groups(summary), _pass_at_k_column, title, width)


def notes(summary: Summary, unfinished: Sequence[str] = ()) -> Iterator[str]:
    """Lines on what a reader must know about the figures: errors, limits, uneven attempts, what they compare with."""
    by_reason: dict[str, list[str]] = {}
    for record in summary.errors:
        by_reason.setdefault(printable(record.reason or "no reason given"), []).append(wording.attempt_name(record))
    for reason, names in by_reason.items():
        how = "counted as failed" if summary.errors_as_failures else "not counted"
        yield f"error, {how}: {_some(names)}: {reason}"
    if unfinished:
        yield f"unfinished: {wording.count(len(unfinished), 'attempt', 'has')} no result: {_some(unfinished)}"
    yield from _problems(summary)
    attempted = [record for each in summary.by_competition for record in each.records]
    if timed_out := sum(record.timed_out for record in attempted):
        yield f"time limit: {wording.count(timed_out, 'attempt')} ended there and {_were(timed_out)} graded as left"
    if ended_early := sum(record.ended_early is not None for record in attempted):
        were = _were(ended_early)
        yield f"budget or disk: {wording.count(ended_early, 'attempt')} ended early and {were} graded as left"
    if out_of_memory := sum(record.out_of_memory for record in attempted):
        yield f"memory limit: {wording.count(out_of_memory, 'attempt')} went over it"
    if refused := [host for host in tried_hosts(attempted) if host.refused]:
        yield f"network: refused to reach {_some([host.said for host in refused])}"
    overall = summary.overall
    if overall.missing:
        yield (
            f"padded to {wording.count(overall.seeds, 'seed')}: "
            f"{wording.count(overall.missing, 'attempt', 'is')} missing and counted as failed"
        )
    if not overall.even:
        beyond = overall.attempts + overall.missing - overall.competitions * overall.seeds
        yield (
            f"uneven: {wording.count(beyond, 'attempt', 'is')} beyond the {wording.count(summary.seeds, 'seed')} that "
            "every competition has; counted in totals and pass@k, not in means over seeds"
        )
    attempts = {name: totals.attempts for name, totals in summary.by_complexity.items() if totals.attempts}
    others = [name for name in attempts if name not in (*_COMPARABLE, "repaired")]
    if others and len(others) < len(attempts):
        yield f"all includes {' and '.join(others)}, which the published results do not"


def _problems(summary: Summary) -> Iterator[str]:
    """What is wrong with the data of competitions, and which data were repaired."""
    if fixed := sorted({record.competition for record in summary.rows if record.fixed}):
        apart = "" if summary.fixed else ", so counted in no other group"
        yield f"repaired data, not comparable with the published results{apart}: {', '.join(fixed)}"
    problems = {record.competition: record.problems for record in summary.rows if record.problems}
    for competition, sentences in sorted(problems.items()):
        yield f"* {competition}: {' '.join(map(printable, sentences))}"


def skipped_notes(
    summary: Summary, skipped: Iterable[tuple[str, ...]], known: Callable[[str], Iterable[str]]
) -> Iterator[str]:
    """One line for each complexity of the skipped, with the command that prepares them.

    `skipped` are (competition, complexity), or (competition, complexity, options of the command).

    `known` gives the ids of a complexity's competitions: where those that were not attempted are just those skipped,
    the command names the complexity instead of each.
    """
    attempted = {record.competition for record in summary.rows}
    known_options = {(id, complexity, "".join(options)) for id, complexity, *options in skipped}
    ordered = sorted(known_options, key=lambda each: (complexity_order(each[1]), each[2], each[0]))
    for (complexity, options), group in groupby(ordered, key=lambda each: each[1:]):
        ids = [competition for competition, *_ in group]
        whole = len(ids) > 1 and not options and set(known(complexity)) - attempted == set(ids)
        what = f"--complexity {complexity}" if whole else " ".join([*ids, *[options] * bool(options)])
        yield (
            f"skipped: {wording.count(len(ids), f'{complexity} competition', 'has')} no prepared data; "
            f"prepare {'it' if len(ids) == 1 else 'them'} with: mlebench prepare {what}"
        )


def headline(summary: Summary) -> tuple[str, str]:
    """The headline in two parts: the share of attempts with any medal over complete seeds, and pass@k."""
    overall = summary.overall
    if not overall.attempts + overall.missing:
        return "any medal: no attempt to count", ""
    share = overall.shares["any_medal"]
    counted = overall.competitions * overall.seeds
    seeds = wording.count(overall.seeds, "seed")
    text = (
        f"any medal{', repaired data' * summary.fixed}{', not final' * (not summary.final)}: "
        f"{wording.mean_percent(share)} of "
        f"{wording.count(counted, 'attempt')} ({wording.count(overall.competitions, 'competition')} x {seeds})"
    )
    ks = _chosen(overall.seeds, 3)
    return text, "  ".join(f"pass@{k} {100 * overall.pass_at[k]:.1f} %" for k in ks)


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:3])
    return f"{shown} and {len(names) - 3} more" if len(names) > 3 else shown


def _were(number: int) -> str:
    return "was" if number == 1 else "were"


def _chosen(n: int, most: int) -> list[int]:
    """At most `most` values from 1..n, both ends among them: all, or the powers of two before n, thinned out evenly."""
    if n <= most:
        return list(range(1, n + 1))
    powers = [2**i for i in range((n - 1).bit_length())]
    step = (len(powers) - 1) / max(most - 2, 1)
    return sorted({powers[round(i * step)] for i in range(most - 1)} | {n})


# The table of attempts.


def _name(record: AttemptRecord) -> str:
    """The competition, marked where the reader has to know of a problem."""
    return printable(record.competition) + (" *" if record.problems else "") + (" (repaired)" if record.fixed else "")


def _outcome(record: AttemptRecord) -> Cell:
    return Cell(WORDS[record.outcome], record.outcome)


def _score(record: AttemptRecord) -> str:
    return "not finite" if record.valid and record.score is None else wording.score(record.score)


def _time(seconds: float | None) -> Cell:
    return Cell("-" if seconds is None else format_duration(seconds))


def _sections(summary: Summary) -> Iterator[tuple[str | None, list[AttemptRecord]]]:
    """The attempts by complexity, each with its heading; no heading where there is only one complexity."""
    groups = [(name, list(records)) for name, records in groupby(summary.rows, key=lambda record: record.group)]
    for name, records in groups:
        yield (f"{name}:" if len(groups) > 1 else None), records


def _rows_in_sections(
    summary: Summary, columns: int, rows: Callable[[list[AttemptRecord], str], Iterable[list[Cell]]]
) -> list[list[Cell]]:
    made: list[list[Cell]] = []
    for heading, records in _sections(summary):
        if heading:
            made.append([Cell(heading, "heading"), *[Cell("")] * (columns - 1)])
        made.extend(rows(records, "  " if heading else ""))
    return made


def _wide(summary: Summary) -> Table:
    numbers = {
        name: dict(zip(map(id, summary.rows), align_decimals(list(map(text, summary.rows))), strict=True))
        for name, text in {
            "score": _score,
            "bronze": lambda record: wording.score(record.bronze),
            "silver": lambda record: wording.score(record.silver),
            "gold": lambda record: wording.score(record.gold),
        }.items()
    }

    def rows(records: list[AttemptRecord], indent: str) -> Iterator[list[Cell]]:
        for record in records:
            yield [
                Cell(indent + _name(record)),
                Cell(str(record.seed)),
                *(Cell(numbers[name][id(record)], name) for name in numbers),
                Cell(wording.rank(record)),
                _outcome(record),
                _time(record.seconds),
            ]

    titles = ("competition", "seed", "score", "bronze", "silver", "gold", "rank", "medal", "time")
    columns = [Column(title=title, right=title not in ("competition", "medal")) for title in titles]
    return Table(title="", columns=columns, rows=_rows_in_sections(summary, len(columns), rows))


def _stacked(summary: Summary) -> Table:
    def rows(records: list[AttemptRecord], indent: str) -> Iterator[list[Cell]]:
        for _, group in groupby(records, key=lambda record: record.competition):
            attempts = list(group)
            first = attempts[0]
            thresholds = {tier: getattr(first, tier) for tier in ("bronze", "silver", "gold")}
            yield [
                Cell(indent + _name(first), "competition"),
                *(
                    Cell("" if value is None else f"{tier} {wording.score(value)}", tier)
                    for tier, value in thresholds.items()
                ),
                Cell(""),
            ]
            for record in attempts:
                yield [
                    Cell(f"{indent}  seed {record.seed}"),
                    Cell(_score(record), "score"),
                    Cell(wording.rank(record)),
                    _outcome(record),
                    _time(record.seconds),
                ]

    titles = ("competition", "score", "rank", "medal", "time")
    columns = [
        Column(title=title, right=title in ("score", "rank", "time"), spills=title == "competition") for title in titles
    ]
    return Table(title="", columns=columns, rows=_rows_in_sections(summary, len(columns), rows))


def _competitions(summary: Summary) -> Table:
    seeds = sorted({record.seed for record in summary.rows})
    used: set[Outcome] = {record.outcome for record in summary.rows}

    def rows(records: list[AttemptRecord], indent: str) -> Iterator[list[Cell]]:
        for _, group in groupby(records, key=lambda record: record.competition):
            attempts = list(group)
            letters = {record.seed: LETTERS[record.outcome] for record in attempts}
            ranked = [record for record in attempts if record.rank is not None]
            best = min(ranked, key=lambda record: record.rank or 0, default=None)
            times = [record.seconds for record in attempts if record.seconds is not None]
            first = attempts[0]
            yield [
                Cell(indent + _name(first)),
                Cell((" " if len(seeds) <= 12 else "").join(letters.get(seed, ".") for seed in seeds), "letters"),
                Cell(wording.score(best.score) if best else "-", "score"),
                Cell(wording.score(first.bronze), "bronze"),
                Cell(wording.score(first.silver), "silver"),
                Cell(wording.score(first.gold), "gold"),
                Cell(wording.rank(best) if best else "-"),
                _time(sum(times) / len(times) if times else None),
            ]

    columns = (
        Column(title="competition", spills=True),
        Column(title="seeds", folds=True),
        Column(title="best score", right=True, drop=1),
        *(Column(title=title, right=True, drop=3) for title in ("bronze", "silver", "gold")),
        Column(title="best rank", right=True, drop=2),
        Column(title="mean time", right=True, drop=4),
    )
    missing = len({(record.competition, record.seed) for record in summary.rows}) < len(seeds) * len(
        {record.competition for record in summary.rows}
    )
    legend = [f"{letter} {WORDS[outcome]}" for outcome, letter in LETTERS.items() if outcome in used]
    return Table(
        title=", ".join(legend + [". not attempted"] * missing),
        columns=columns,
        rows=_rows_in_sections(summary, len(columns), rows),
    )


# The tables of figures: one column a group of competitions.


def _groups(summary: Summary) -> list[Totals]:
    groups = list(summary.by_complexity.values())
    return [summary.overall, *groups] if len(groups) != 1 else groups


def _by_group(
    groups: Sequence[Totals], column: Callable[[Totals], dict[str, Cell]], title: str, width: int
) -> list[Table]:
    """A table with one column a group; as many tables as it takes to keep each within `width`."""
    labels: list[str] = []
    cells = [column(group) for group in groups]
    for made in cells:
        labels += [label for label in made if label not in labels]

    def table(first: int, last: int) -> Table:
        columns = [Column(title=""), *(Column(title=group.name, right=True) for group in groups[first:last])]
        rows = [[Cell(label, "label"), *(made.get(label, Cell("")) for made in cells[first:last])] for label in labels]
        return Table(title=title if first == 0 else "", columns=columns, rows=rows)

    tables, first = [], 0
    while first < len(groups):
        last = first + 1
        while last < len(groups) and natural_width(table(first, last + 1)) <= width:
            last += 1
        tables.append(table(first, last))
        first = last
    return tables


def _totals_column(totals: Totals) -> dict[str, Cell]:
    numbers = {"competitions": totals.competitions, "attempts": totals.attempts}
    if totals.missing:
        numbers["missing"] = totals.missing
    if totals.errors:
        numbers["errors"] = totals.errors
    percents = {}
    for name, share in totals.shares.items():
        numbers[name] = share.count
        percents[name] = "-" if share.percent is None else f"{share.percent:.1f}"
        # The standard error belongs to the mean over seeds, so it stands beside the percentage only where they agree.
        if totals.even and share.standard_error is not None:
            percents[name] += f" ±{share.standard_error:.1f}"
    digits = max(len(str(number)) for number in numbers.values())
    wide = max(map(len, percents.values()))
    made = {
        _LABELS.get(name, name): Cell(f"{number:>{digits}}  {percents.get(name, ''):>{wide}}", name)
        for name, number in numbers.items()
    }
    if not totals.even:
        mean = wording.mean_percent(totals.shares["any_medal"]).replace(" %", "").replace("± ", "±")
        made[f"any medal, {wording.count(totals.seeds, 'seed')}"] = Cell(mean, "any_medal")
    return made


def _pass_at_k_column(totals: Totals) -> dict[str, Cell]:
    return {
        f"pass@{k}": Cell(f"{100 * totals.pass_at[k]:.1f}" if k in totals.pass_at else "-")
        for k in _chosen(totals.seeds, 8)
    }
