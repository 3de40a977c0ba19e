"""Drawing with matplotlib: a figure that covers its own units, and shapes on it that change from picture to picture.

A figure is made once and changed for each of many competitions, because making one takes longer than drawing it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pytest_mlebench.extras import load
from pytest_mlebench.reporting.page.svg import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["WIDTH", "Points", "Shapes", "apart", "box", "drawing", "drawn", "figure", "filled", "lined", "ticks"]

WIDTH = 360
"""Of every picture, in units: a telephone shows as many, so that labels are read there too."""

Points = Sequence[tuple[float, float]]


@contextmanager
def drawing() -> Iterator[None]:
    """While this lasts pictures come out the same every time, with text as text."""
    with load("matplotlib").rc_context({"svg.fonttype": "none", "svg.hashsalt": "mlebench", "path.simplify": False}):
        yield


def figure(height: float) -> tuple[Figure, Axes]:
    """A figure whose axes cover it, in its own units from the bottom left."""
    made = load("matplotlib.figure").Figure(figsize=(WIDTH / 72, height / 72), frameon=False)
    load("matplotlib.backends.backend_svg").FigureCanvasSVG(made)
    axes = made.add_axes((0, 0, 1, 1), frame_on=False, xlim=(0, WIDTH), ylim=(0, height))
    axes.set_axis_off()
    return made, axes


def drawn(made: Figure) -> str:
    """The text of an SVG file."""
    file = io.StringIO()
    made.canvas.print_svg(file, metadata={"Date": None})  # type: ignore[attr-defined]
    return file.getvalue()


class Shapes:
    """Shapes of one look, drawn above those that were made before."""

    def __init__(self, axes: Axes, **look: Any) -> None:
        self._path = load("matplotlib.path").Path
        self._patch = load("matplotlib.patches").PathPatch(self._path([(0, 0)]), clip_on=False, visible=False, **look)
        axes.add_patch(self._patch)

    def draw(self, shapes: Iterable[Points]) -> None:
        """Show these and no others, each the corners of a line."""
        points: list[tuple[float, float]] = []
        codes: list[int] = []
        for shape in shapes:
            points += shape
            codes += [self._path.MOVETO, *[self._path.LINETO] * (len(shape) - 1)]
        self._patch.set_visible(bool(points))
        if points:
            self._patch.set_path(self._path(points, codes))


def filled(axes: Axes, colour: str, opacity: float = 1.0) -> Shapes:
    """Areas."""
    return Shapes(axes, facecolor=COLOURS[colour], edgecolor="none", alpha=opacity)


def lined(axes: Axes, colour: str, width: float, **look: Any) -> Shapes:
    """Lines."""
    return Shapes(axes, facecolor="none", edgecolor=COLOURS[colour], linewidth=width, **look)


def box(left: float, right: float, bottom: float, top: float) -> Points:
    """A rectangle."""
    return [(left, bottom), (right, bottom), (right, top), (left, top), (left, bottom)]


def ticks(low: float, high: float, most: int, steps: Sequence[float] = (1, 2, 2.5, 5, 10)) -> list[tuple[float, str]]:
    """About `most` round numbers from `low` to `high`, and how they are written; `steps` are digits of round ones."""
    # matplotlib warns of scales that are narrower than the numbers on them are exact.
    if not 1e-9 * max(abs(low), abs(high)) < high - low < 1e100:
        return []
    values = [float(value) for value in load("matplotlib.ticker").MaxNLocator(most, steps=steps).tick_values(low, high)]
    step = values[1] - values[0]
    inside = [value for value in values if low <= value <= high]
    if not 1e-5 <= step < 1e6:
        return [(value, f"{value:.3g}") for value in inside]
    digits = next((digits for digits in range(6) if abs(round(step, digits) - step) < 1e-6 * step), 6)
    return [(value, f"{value + 0:.{digits}f}".replace("-", "−")) for value in inside]


def apart(places: Sequence[tuple[float, str]], least: float, low: float, high: float) -> list[tuple[float, str]]:
    """Labels at `places`, moved as little as keeps them `least` apart and within `low` and `high`."""
    # Labels at one place keep their order.
    ordered = sorted(places, key=lambda each: each[0])
    # Neighbours that are too near move together, around their middle: blocks of (sum of places, labels).
    blocks: list[tuple[float, int]] = []
    for i, (place, _) in enumerate(ordered):
        blocks.append((place - i * least, 1))
        while len(blocks) > 1 and blocks[-2][0] / blocks[-2][1] >= blocks[-1][0] / blocks[-1][1]:
            total, labels = blocks.pop()
            blocks[-1] = (blocks[-1][0] + total, blocks[-1][1] + labels)
    free = [total / labels for total, labels in blocks for _ in range(labels)]
    last = high - (len(ordered) - 1) * least
    return [(min(max(at, low), last) + i * least, ordered[i][1]) for i, at in enumerate(free)]
