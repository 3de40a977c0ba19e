"""Pictures of one competition: the humans and an agent's attempts among them, and scores over time."""

from __future__ import annotations

from collections.abc import Sequence

from pytest_mlebench.attempts.record import Outcome
from pytest_mlebench.reporting.page.boards import BINS, Board
from pytest_mlebench.reporting.page.drawing import WIDTH, Points, apart, box, drawn, figure, filled, lined, ticks
from pytest_mlebench.reporting.page.hours import hour_ticks
from pytest_mlebench.reporting.page.svg import Label, Picture

__all__ = ["BoardPlots", "CoursePlots"]

_MARGIN = 10.0
_LETTERS = {"gold": "G", "silver": "S", "bronze": "B", "median": "m"}
_MEDALS = ("gold", "silver", "bronze")
_FROM_BEST = (*_MEDALS, "plain")
_LINES = {"plain": "ours", "bronze": "bronze", "silver": "silver", "gold": "gold"}
_MOST_DOTS = 60
"""With more attempts than this they are counted like the teams."""
_LETTER = 10.0
"""Room that a label takes."""
_OFF_SCALE = 46.0
"""Room for the number of teams that are off the scale."""


class BoardPlots:
    """Draws leaderboards: teams upwards, attempts downwards from the same line, better scores to the right."""

    HEIGHT = 116.0
    _BOTTOM, _BASE, _TOP = 22.0, 50.0, 98.0

    def __init__(self) -> None:
        self._figure, axes = figure(self.HEIGHT)
        self._bands = {tier: filled(axes, tier, 0.22) for tier in _MEDALS}
        self._humans = filled(axes, "humans")
        self._edges = {tier: lined(axes, tier, 1.2) for tier in _MEDALS}
        self._median = lined(axes, "faint", 1.0, linestyle=(0, (2, 2)))
        lined(axes, "ink", 0.8).draw([[(_MARGIN, self._BASE), (WIDTH - _MARGIN, self._BASE)]])
        self._bars = {name: filled(axes, colour) for name, colour in _LINES.items()}
        self._rims = lined(axes, "ink", 7.4, capstyle="round")
        self._dots = {name: lined(axes, name, 6.0, capstyle="round") for name in ("plain", *reversed(_MEDALS))}

    def draw(self, board: Board) -> Picture:
        """The picture of one competition."""
        bands = _bands(board)
        for tier in _MEDALS:
            at = [(self._x(low), self._x(high)) for low, high in bands.get(tier, ())]
            self._bands[tier].draw(box(low, high, self._BOTTOM, self._TOP) for low, high in at)
            self._edges[tier].draw([(low, self._BOTTOM), (low, self._TOP)] for low, _ in at)
        marks = [(self._x(place), name) for name, place in board.marks]
        self._median.draw([(x, self._BOTTOM), (x, self._TOP)] for x, name in marks if name == "median")
        self._humans.draw([self._outline(board.humans)] if board.humans else [])
        many = len(board.attempts) > _MOST_DOTS
        bars = self._counted(board) if many else []
        for name, shapes in self._bars.items():
            shapes.draw(corners for colour, corners in bars if colour == name)
        places = [] if many else self._stacked(board)
        self._rims.draw([(x, y), (x, y)] for x, y, _ in places)
        for name, dots in self._dots.items():
            dots.draw([(x, y), (x, y)] for x, y, colour in places if colour == name)
        labels = [
            Label(x, self.HEIGHT - self._TOP - 5, _LETTERS[name], colour="ink")
            for x, name in apart(marks, _LETTER, _MARGIN, WIDTH - _MARGIN)
        ]
        low, high = sorted((board.low, board.high))
        scale = [(self._x(board.position(value)), text) for value, text in ticks(low, high, 4)]
        row, start, end = self.HEIGHT - 8, _MARGIN, WIDTH - _MARGIN
        if board.worse:
            labels.append(Label(0, row, f"‹ {board.worse}", "start"))
            start += _OFF_SCALE
        if board.better:
            labels.append(Label(WIDTH, row, f"{board.better} ›", "end"))
            end -= _OFF_SCALE
        labels += [Label(x, row, text) for x, text in scale if start <= x <= end]
        return Picture(drawn(self._figure), tuple(labels))

    @staticmethod
    def _x(place: float) -> float:
        return _MARGIN + place * (WIDTH - 2 * _MARGIN)

    def _outline(self, humans: Sequence[int]) -> Points:
        unit = (self._TOP - self._BASE - 2) / max(1, *humans)
        points = [(self._x(0), self._BASE)]
        for i, teams in enumerate(humans):
            height = self._BASE + teams * unit
            points += [(self._x(i / BINS), height), (self._x((i + 1) / BINS), height)]
        return [*points, (self._x(1), self._BASE), points[0]]

    def _stacked(self, board: Board) -> list[tuple[float, float, str]]:
        """Where the attempts stand: those of nearly the same score below each other, the better medal first."""
        columns: dict[int, list[str]] = {}
        for place, outcome in board.attempts:
            columns.setdefault(round(self._x(place) / 7), []).append(_colour(outcome))
        made = []
        for column, colours in sorted(columns.items()):
            x = min(max(column * 7.0, _MARGIN), WIDTH - _MARGIN)
            step = min(8.0, 20.0 / max(1, len(colours) - 1))
            ordered = sorted(colours, key=_FROM_BEST.index)
            made += [(x, self._BASE - 6 - i * step, colour) for i, colour in enumerate(ordered)]
        return made

    def _counted(self, board: Board) -> list[tuple[str, Points]]:
        """Many attempts, as bars downwards: the better medal first."""
        counts = [dict.fromkeys(_FROM_BEST, 0) for _ in range(BINS)]
        for place, outcome in board.attempts:
            counts[min(BINS - 1, int(place * BINS))][_colour(outcome)] += 1
        unit = (self._BASE - self._BOTTOM) / max(sum(each.values()) for each in counts)
        made = []
        for i, each in enumerate(counts):
            height = self._BASE
            for colour, number in each.items():
                if number:
                    bottom = height - number * unit
                    made.append((colour, box(self._x(i / BINS), self._x((i + 1) / BINS), bottom, height)))
                    height = bottom
        return made


class CoursePlots:
    """Draws scores over time between the medals of a competition: attempts, or their quartiles; better is higher."""

    HEIGHT = 110.0
    _LEFT, _BOTTOM, _TOP = 22.0, 20.0, 104.0

    def __init__(self, hours: float) -> None:
        """`hours` is where the time ends, more than 0."""
        self._hours = hours
        self._figure, axes = figure(self.HEIGHT)
        self._bands = {tier: filled(axes, tier, 0.22) for tier in _MEDALS}
        self._median = lined(axes, "faint", 1.0, linestyle=(0, (2, 2)))
        self._spread = filled(axes, "ours", 0.25)
        self._middle = lined(axes, "ours", 1.8)
        self._lines = {name: lined(axes, colour, 1.4) for name, colour in _LINES.items()}
        lined(axes, "rule", 0.8).draw([[(self._LEFT, self._BOTTOM), (WIDTH - _MARGIN, self._BOTTOM)]])
        self._times = [Label(self._x(each), self.HEIGHT - 6, text) for each, text in hour_ticks(hours)]

    def draw(self, board: Board) -> Picture:
        """The picture of one competition."""
        bands, right = _bands(board), WIDTH - _MARGIN
        for tier in _MEDALS:
            at = bands.get(tier, ())
            self._bands[tier].draw(box(self._LEFT, right, self._y(low), self._y(high)) for low, high in at)
        marks = [(self._y(place), name) for name, place in board.marks]
        self._median.draw([(self._LEFT, y), (right, y)] for y, name in marks if name == "median")
        for name, lines in self._lines.items():
            lines.draw(self._steps(track.points) for track in board.tracks if _colour(track.outcome) == name)
        course = [
            (self._x(hours), self._y(lower), self._y(middle), self._y(upper))
            for hours, lower, middle, upper in board.course
        ]
        edge = [(x, lower) for x, lower, _, _ in course] + [(x, upper) for x, _, _, upper in reversed(course)]
        self._spread.draw([edge] if edge else [])
        self._middle.draw([[(x, middle) for x, _, middle, _ in course]] if course else [])
        letters = [
            Label(self._LEFT - 5, self.HEIGHT - y + 3, _LETTERS[name], "end", "ink")
            for y, name in apart(marks, _LETTER, self._BOTTOM, self._TOP)
        ]
        return Picture(drawn(self._figure), (*letters, *self._times))

    def _x(self, hours: float) -> float:
        return self._LEFT + min(1.0, hours / self._hours) * (WIDTH - _MARGIN - self._LEFT)

    def _y(self, place: float) -> float:
        return self._BOTTOM + place * (self._TOP - self._BOTTOM)

    def _steps(self, points: Points) -> Points:
        made: list[tuple[float, float]] = []
        for hours, place in points:
            if made:
                made.append((self._x(hours), made[-1][1]))
            made.append((self._x(hours), self._y(place)))
        return made if len(made) > 1 else [*made, (made[0][0] + 1, made[0][1])]


def _colour(outcome: Outcome) -> str:
    return outcome if outcome in _MEDALS else "plain"


def _bands(board: Board) -> dict[str, list[tuple[float, float]]]:
    """From where to where a score earns each medal."""
    marks, top, made = dict(board.marks), 1.0, {}
    for tier in _MEDALS:
        if tier in marks:
            made[tier] = [(min(marks[tier], top), top)]
            top = made[tier][0][0]
    return made
