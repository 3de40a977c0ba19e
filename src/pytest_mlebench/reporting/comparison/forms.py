"""A comparison of two runs as lines for a person, and as JSON for a program."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from pytest_mlebench.reporting import wording
from pytest_mlebench.reporting.comparison.comparing import Comparison, Pair, Side
from pytest_mlebench.reporting.comparison.settings import SettingDifference
from pytest_mlebench.reporting.intervals import Interval
from pytest_mlebench.reporting.standing import CompetitionStanding, Standings
from pytest_mlebench.reporting.summary import MEASURES, Share
from pytest_mlebench.reporting.table import Cell, Column, Table, layout, printable

__all__ = ["as_json", "lines"]

_SIGNIFICANT = 0.05


def lines(comparison: Comparison, *, width: int = 80) -> Iterator[str]:
    """The comparison as plain text: what is wrong with it first, then figures, then what moved, then remarks."""
    for warning in _warnings(comparison):
        yield from _wrapped(warning, width)
    if any(_warnings(comparison)):
        yield ""
    for table in (_sides(comparison), *[_moved(comparison)] * bool(comparison.moved)):
        for cells in layout(table, width):
            yield "".join(cell.text for cell in cells).rstrip()
        yield ""
    if not comparison.moved:
        yield "no competition moved"
    for sentence in (*_figures(comparison), *_remarks(comparison)):
        yield from _wrapped(sentence, width)


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The comparison as JSON values; shares and differences are from 0 or -1 to 1, null where one is not known."""
    return {
        "a": _side_json(comparison.a),
        "b": _side_json(comparison.b),
        "competitions": len(comparison.pairs),
        "final": comparison.final,
        "any_medal_difference": _interval_json(comparison.difference),
        "p_value": comparison.p_value,
        "attempts_tested": comparison.tested,
        "normalised_score_difference": _interval_json(comparison.beaten_difference),
        "raw_scores": {
            "b_better": comparison.wins,
            "a_better": comparison.losses,
            "equal": comparison.ties,
            "unknown": len(comparison.pairs) - comparison.wins - comparison.losses - comparison.ties,
            "p_value": comparison.sign_p_value,
        },
        "settings_known": comparison.settings is not None,
        "settings": [
            {"name": each.name, "a": each.a, "b": each.b, "unlike": each.unlike} for each in comparison.settings or ()
        ],
        "only_in_a": list(comparison.only_a),
        "only_in_b": list(comparison.only_b),
        "repaired_left_out": list(comparison.repaired),
        "pairs": [
            {
                "competition": pair.competition,
                "complexity": pair.complexity,
                "a": _standing_json(pair.a, pair.rate_a),
                "b": _standing_json(pair.b, pair.rate_b),
                "difference": pair.difference,
                "better_raw_scores": pair.better,
            }
            for pair in comparison.pairs
        ],
    }


def _side_json(side: Side) -> dict[str, Any]:
    share = side.shared.overall.shares["any_medal"]
    return {
        "name": side.results.name,
        "path": str(side.results.path),
        "agents": _agents(side),
        "seeds": side.shared.seeds,
        "errors": len(side.shared.errors),
        "any_medal_percent": share.mean,
        "any_medal_standard_error": share.standard_error,
    }


def _standing_json(standing: CompetitionStanding, rate: float) -> dict[str, Any]:
    return {
        "outcomes": [record.outcome for record in standing.attempts.records],
        "scores": list(standing.scores),
        "any_medal_rate": rate,
        "beaten": standing.normalised,
    }


def _interval_json(interval: Interval | None) -> dict[str, float] | None:
    return None if interval is None else {"mean": interval.mean, "low": interval.low, "high": interval.high}


def _wrapped(text: str, width: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text, max(width, 20), subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )


def _agents(side: Side) -> list[str]:
    return sorted({printable(record.agent) for record in side.shared.rows})


def _warnings(comparison: Comparison) -> Iterator[str]:
    if comparison.unlike:
        yield "UNLIKE SETTINGS: these runs differ in more than the agent, and so may their results for that alone:"
        yield from (f"  {_setting(each)}" for each in comparison.unlike)
    if comparison.settings is None:
        names = [side.results.name for side in (comparison.a, comparison.b) if side.results.facts is None]
        yield f"SETTINGS NOT KNOWN of {' and '.join(map(printable, names))}: nothing says that these runs compare"
    for label, side in (("A", comparison.a), ("B", comparison.b)):
        if not side.shared.final:
            yield (
                f"NOT FINAL: {wording.count(len(side.shared.errors), 'attempt')} of {label} ended in an error of the "
                "harness, counted neither way; resume the run, or say --errors-as-failures"
            )


def _setting(each: SettingDifference) -> str:
    return f"{each.name}: {each.a} in A, {each.b} in B"


def _sides(comparison: Comparison) -> Table:
    sides = (comparison.a, comparison.b)
    normalised = [Standings(side.shared).normalised() for side in sides]

    def share(name: str) -> list[str]:
        return [_mean(side.shared.overall.shares[name]) for side in sides]

    rows = {
        "run": [printable(side.results.name) for side in sides],
        "agent": [", ".join(_agents(side)) for side in sides],
        "seeds": [str(side.shared.seeds) for side in sides],
        **{name.replace("_", " "): share(name) for name in MEASURES},
        "normalised score": ["-" if each is None else f"{100 * each.mean:.1f} %" for each in normalised],
    }
    return Table(
        title=f"{wording.count(len(comparison.pairs), 'competition')} that both runs attempted",
        columns=[Column(title=""), Column(title="A", folds=True), Column(title="B", folds=True)],
        rows=[[Cell(name, "label"), *map(Cell, cells)] for name, cells in rows.items()],
    )


def _mean(share: Share) -> str:
    return wording.mean_percent(share)


def _moved(comparison: Comparison) -> Table:
    def row(pair: Pair) -> list[Cell]:
        return [
            Cell(printable(pair.competition), "competition"),
            Cell(pair.complexity),
            *(Cell(_medals(each)) for each in (pair.a, pair.b)),
            *(Cell(_beaten(each)) for each in (pair.a, pair.b)),
            Cell(f"{100 * pair.difference:+.0f}"),
        ]

    titles = ("competition", "complexity", "medals A", "B", "humans beaten A", "B", "medals, points")
    columns = [
        Column(title=title, right=i > 1, spills=i == 0, drop=2 if i in (4, 5) else int(i == 1))
        for i, title in enumerate(titles)
    ]
    moved = wording.count(len(comparison.moved), "competition")
    return Table(
        title=f"{moved} moved, best gain of B first",
        columns=columns,
        rows=[row(pair) for pair in comparison.moved],
    )


def _medals(standing: CompetitionStanding) -> str:
    return f"{standing.attempts.count(MEASURES['any_medal'])} of {standing.attempts.number}"


def _beaten(standing: CompetitionStanding) -> str:
    return "-" if standing.normalised is None else f"{100 * standing.normalised:.1f} %"


def _figures(comparison: Comparison) -> Iterator[str]:
    pairs = len(comparison.pairs)
    yield f"any medal, B less A: {_points(comparison.difference)}, 95 % interval by bootstrap over competitions"
    different = comparison.p_value < _SIGNIFICANT
    yield (
        f"exact paired test over {wording.count(pairs, 'competition')}, {wording.count(comparison.tested, 'attempt')} "
        f"of each run: {_p(comparison.p_value)}: "
        f"{'more than chance alone would likely make' if different else 'chance alone could make as much'}"
    )
    if comparison.smallest_p_value >= _SIGNIFICANT:
        yield (
            "so few competitions differ that this test could not have found a difference: "
            f"its smallest value is {comparison.smallest_p_value:.2g}"
        )
    if comparison.beaten_difference is not None:
        yield f"normalised score, B less A: {_points(comparison.beaten_difference)}, 95 % interval likewise"
    unknown = pairs - comparison.wins - comparison.losses - comparison.ties
    yield (
        f"raw scores: B is better in {comparison.wins}, A in {comparison.losses}, equal in {comparison.ties}"
        f"{f', not known in {unknown}' * bool(unknown)}; exact sign test: {_p(comparison.sign_p_value)}"
    )


def _points(interval: Interval) -> str:
    return f"{100 * interval.mean:+.1f} points ({100 * interval.low:+.1f} to {100 * interval.high:+.1f})"


def _p(value: float) -> str:
    return "p < 0.0001" if value < 0.0001 else f"p = {value:.2g}"


def _remarks(comparison: Comparison) -> Iterator[str]:
    alike = [each for each in comparison.settings or () if not each.unlike]
    yield from (f"differs: {_setting(each)}" for each in alike)
    for label, names in (("A", comparison.only_a), ("B", comparison.only_b)):
        if names:
            yield f"not compared, attempted in {label} only: {', '.join(map(printable, names))}"
    if comparison.repaired:
        yield f"not compared, attempted on repaired data: {', '.join(map(printable, comparison.repaired))}"
