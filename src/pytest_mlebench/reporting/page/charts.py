"""Pictures of a whole run: pass@k, medals over time, the time attempts took, and where it stands among others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pytest_mlebench.reporting.page.drawing import WIDTH, Points, apart, box, drawn, figure, filled, lined, ticks
from pytest_mlebench.reporting.page.hours import hour_ticks
from pytest_mlebench.reporting.page.svg import Label, Picture

__all__ = ["Line", "bars", "lines", "strip"]

_LEFT, _RIGHT, _BOTTOM, _TOP = 38.0, 82.0, 34.0, 10.0
_LETTER = 11.0
_BINS = 24


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve, in percent."""

    name: str
    colour: str
    points: Points
    band: Sequence[tuple[float, float, float]] = ()
    """x, lower and upper end of an interval."""
    width: float = 1.5


class _Frame:
    """Scales, and the lines and labels of both axes; percent upwards."""

    def __init__(self, height: float, x: tuple[float, float], top: float, right: float = _RIGHT) -> None:
        self.height = height
        self.figure, self.axes = figure(height)
        self._x, self._top, self.right = x, top, WIDTH - right
        self.labels: list[Label] = []

    def x(self, value: float) -> float:
        low, high = self._x
        return _LEFT + (value - low) / (high - low) * (self.right - _LEFT)

    def y(self, value: float) -> float:
        return _BOTTOM + value / self._top * (self.height - _TOP - _BOTTOM)

    def label(self, x: float, y: float, text: str, anchor: str = "middle", colour: str = "faint") -> None:
        self.labels.append(Label(x, self.height - y, text, anchor, colour))  # type: ignore[arg-type]

    def scales(self, across: Sequence[tuple[float, str]], unit: str, title: str) -> None:
        upwards = ticks(0, self._top, 5)
        lined(self.axes, "rule", 0.6).draw(
            [(_LEFT, self.y(value)), (self.right, self.y(value))] for value, _ in upwards
        )
        for value, text in upwards:
            self.label(_LEFT - 5, self.y(value) - 3.5, f"{text}{unit}", "end")
        for value, text in across:
            self.label(self.x(value), _BOTTOM - 14, text)
        self.label((_LEFT + self.right) / 2, 5, title)

    def picture(self) -> Picture:
        return Picture(drawn(self.figure), tuple(self.labels))


def _whole_ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Whole numbers from `low` to `high`, both of which are, at most seven or so."""
    step = max(1, round((high - low) / 6))
    return [(float(k), str(k)) for k in range(round(low), round(high) + 1, step)]


def lines(
    curves: Sequence[Line], across: str, *, mark: tuple[float, str] | None = None, hours: bool = False
) -> Picture:
    """Curves with their names at their ends; `across` says what x is, `mark` is an x with what to say of it."""
    places = [x for curve in curves for x, _ in curve.points]
    low, high = (0.0, max(places)) if hours else (min(places), max(places))
    high = high if high > low else low + 1
    highest = max([1.0, *(y for c in curves for _, y in c.points), *(upper for c in curves for *_, upper in c.band)])
    frame = _Frame(210, (low, high), min(100.0, highest * 1.08))
    frame.scales(hour_ticks(high) if hours else _whole_ticks(low, high), " %", across)
    if mark is not None:
        x = frame.x(mark[0])
        lined(frame.axes, "faint", 0.8, linestyle=(0, (2, 3))).draw([[(x, _BOTTOM), (x, frame.height - _TOP)]])
        frame.label(x + 4, frame.height - _TOP - 8, mark[1], "start")
    for curve in curves:
        band = [(frame.x(x), frame.y(lower), frame.y(upper)) for x, lower, upper in curve.band]
        edge = [(x, lower) for x, lower, _ in band] + [(x, upper) for x, _, upper in reversed(band)]
        filled(frame.axes, curve.colour, 0.16).draw([edge] if len(band) > 1 else [])
        points = [(frame.x(x), frame.y(y)) for x, y in curve.points]
        if len(points) > 1:
            lined(frame.axes, curve.colour, curve.width).draw([points])
        if len(points) <= 12:
            dots = lined(frame.axes, curve.colour, curve.width + 3, capstyle="round")
            dots.draw([(x, y), (x, y)] for x, y in points)
    # Names may be equal, places cannot tell curves apart: each carries its number.
    ends = [(frame.y(curve.points[-1][1]), str(i)) for i, curve in enumerate(curves)]
    for y, i in apart(ends, _LETTER, _BOTTOM, frame.height - _TOP):
        frame.label(frame.right + 7, y - 3.5, curves[int(i)].name, "start", curves[int(i)].colour)
    return frame.picture()


def bars(times: Sequence[tuple[float, bool]]) -> Picture:
    """How many attempts took how many hours; those with a medal are filled, the others stand on top of them."""
    longest = max(hours for hours, _ in times) or 1e-3
    counts = [[0, 0] for _ in range(_BINS)]
    for hours, medal in times:
        counts[min(_BINS - 1, int(hours / longest * _BINS))][not medal] += 1
    highest = max(map(sum, counts))
    frame = _Frame(170, (0, longest), highest * 1.05, right=14)
    frame.scales(hour_ticks(longest), "", "agent's time; number of attempts")
    edges = [(frame.x(longest * i / _BINS) + 0.8, frame.x(longest * (i + 1) / _BINS) - 0.8) for i in range(_BINS)]
    medals = filled(frame.axes, "ours")
    medals.draw(box(*edge, frame.y(0), frame.y(some)) for edge, (some, _) in zip(edges, counts, strict=True) if some)
    others = filled(frame.axes, "humans")
    others.draw(
        box(*edge, frame.y(some), frame.y(some + none))
        for edge, (some, none) in zip(edges, counts, strict=True)
        if none
    )
    lined(frame.axes, "ink", 0.8).draw([[(_LEFT, frame.y(0)), (frame.right, frame.y(0))]])
    return frame.picture()


def strip(others: Sequence[float], ours: float, error: float | None) -> Picture:
    """Percentages on one line from 0 to 100: those of others as strokes, ours as a dot with its error."""
    frame = _Frame(58, (0, 100), 100, right=14)
    middle = 38.0
    lined(frame.axes, "rule", 0.8).draw([[(_LEFT, middle), (frame.right, middle)]])
    strokes = lined(frame.axes, "faint", 1.4)
    strokes.draw([(frame.x(value), middle - 8), (frame.x(value), middle + 8)] for value in others)
    if error:
        ends = [(frame.x(max(0, ours - error)), middle), (frame.x(min(100, ours + error)), middle)]
        lined(frame.axes, "ours", 2.5).draw([ends])
    dot = lined(frame.axes, "ours", 10, capstyle="round")
    dot.draw([[(frame.x(ours), middle), (frame.x(ours), middle)]])
    for value, text in ticks(0, 100, 5):
        frame.label(frame.x(value), 14, f"{text} %")
    return frame.picture()
