"""The pictures of a page, drawn and described in words."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count

from pytest_mlebench.reporting.page.charts import Line, bars, lines, strip
from pytest_mlebench.reporting.page.content import CompetitionPart, Page
from pytest_mlebench.reporting.page.leaderboard_plots import BoardPlots, CoursePlots
from pytest_mlebench.reporting.page.passes import LABELS
from pytest_mlebench.reporting.page.svg import inline
from pytest_mlebench.reporting.page.words import counts, thresholds
from pytest_mlebench.reporting.pass_curves import PassCurve
from pytest_mlebench.reporting.table import printable

__all__ = ["Pictures"]

_COLOURS = {"all": "ours", "low": "first", "medium": "second", "high": "third"}
_TIER_COLOURS = {"any_medal": "ours", "silver": "silver", "gold": "gold"}


class Pictures:
    """Draws what a page shows, each picture once, within `drawing.drawing`."""

    def __init__(self, page: Page, numbers: count[int]) -> None:
        """`numbers` keeps the ids in the page apart."""
        self._page, self._numbers = page, numbers
        self._boards = BoardPlots()
        self._courses = CoursePlots(self._hours(page))

    @staticmethod
    def _hours(page: Page) -> float:
        boards = [part.board for part in page.competitions if part.board is not None]
        ends = [track.points[-1][0] for board in boards for track in board.tracks]
        return max([1 / 3600, *ends, *(board.course[-1][0] for board in boards if board.course)])

    def board(self, part: CompetitionPart) -> str:
        """The humans and the attempts among them; empty where there is nothing to draw."""
        if part.board is None:
            return ""
        title = f"{part.name}: attempts among {part.first.teams or 'the'} human teams"
        return inline(self._boards.draw(part.board), self._numbers, title, self._described(part))

    def course(self, part: CompetitionPart) -> str:
        """Scores over time; empty where there are no snapshots."""
        if part.board is None or not (part.board.tracks or part.board.course):
            return ""
        snapshots = sum(len(record.snapshots) for record in part.records)
        title, text = f"{part.name}: scores over time", f"From {snapshots} snapshots. {thresholds(part)}."
        return inline(self._courses.draw(part.board), self._numbers, title, text)

    def of_the_run(self) -> dict[str, str | list[tuple[str, str]]]:
        """``strip``, ``passes`` (with captions), ``over_time`` and ``times``; empty where there is nothing to draw."""
        return {
            "strip": self._strip(),
            "passes": self._passes(),
            "over_time": self._over_time(),
            "times": self._times(),
        }

    @staticmethod
    def _described(part: CompetitionPart) -> str:
        return f"{counts(part.records)}. {thresholds(part)}."

    def _strip(self) -> str:
        published = self._page.published
        if published is None:
            return ""
        picture = strip(published.others, published.ours, published.error)
        return inline(picture, self._numbers, "This run among the published", " ".join(published.sentences))

    def _passes(self) -> list[tuple[str, str]]:
        curves = [curve for curve in self._page.curves if len(curve.points) > 1]
        every = [curve for curve in curves if curve.group == "all"]
        groups = [curve for curve in curves if curve.tier == "any_medal"]
        # Of one complexity alone, that complexity is all.
        groups = groups if len(groups) > 2 else [curve for curve in groups if curve.group == "all"]
        made = []
        if len(groups) > 1:
            drawn = [
                _line(curve, printable(curve.group), _COLOURS.get(curve.group, "fourth"), band=curve.group == "all")
                for curve in groups
            ]
            made.append(("Any medal, by complexity", self._pass_chart(drawn, groups)))
        if every:
            drawn = [_line(curve, LABELS[curve.tier], _TIER_COLOURS[curve.tier], band=True) for curve in every]
            made.append(("This medal or a better one, all competitions", self._pass_chart(drawn, every)))
        return made

    def _pass_chart(self, drawn: Sequence[Line], curves: Sequence[PassCurve]) -> str:
        whole = next((curve for curve in curves if curve.group == "all"), curves[0])
        mark = (float(whole.half), "n/2") if whole.half and whole.seeds > 2 else None
        said = [
            f"{line.name}: {line.points[0][1]:.1f} % at k = 1, {line.points[-1][1]:.1f} % at k = {line.points[-1][0]:g}"
            for line in drawn
        ]
        return inline(lines(drawn, "k attempts", mark=mark), self._numbers, "pass@k", "; ".join(said))

    def _over_time(self) -> str:
        moments = self._page.moments
        if not moments:
            return ""
        drawn = [
            Line(name="submission", colour="fourth", points=[(each.hours, each.submitted) for each in moments]),
            Line(name="valid", colour="first", points=[(each.hours, each.valid) for each in moments]),
            Line(name="any medal", colour="ours", points=[(each.hours, each.any_medal) for each in moments], width=2.2),
        ]
        last = moments[-1]
        medals, valid = f"{last.any_medal:.1f} % of attempts have a medal", f"{last.valid:.1f} % are valid"
        said = f"After {last.hours:.3g} hours {medals}, {valid}."
        return inline(lines(drawn, "agent's time", hours=True), self._numbers, "Medals over time", said)

    def _times(self) -> str:
        times = self._page.times
        if not times:
            return ""
        medals = sum(medal for _, medal in times)
        said = f"{len(times)} attempts, {medals} with a medal; the longest took {max(times)[0]:.3g} hours."
        return inline(bars(times), self._numbers, "Attempts by their time", said)


def _line(curve: PassCurve, name: str, colour: str, *, band: bool) -> Line:
    points = [(float(k), 100 * each.mean) for k, each in curve.points.items()]
    intervals = [(float(k), 100 * each.low, 100 * each.high) for k, each in curve.points.items()] if band else []
    width = 2.2 if colour == "ours" else 1.5
    return Line(name=name, colour=colour, points=points, band=intervals, width=width)
