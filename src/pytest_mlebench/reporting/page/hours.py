"""Times on the scale of a picture."""

from __future__ import annotations

from pytest_mlebench.reporting.page.drawing import ticks

__all__ = ["hour_ticks"]


def hour_ticks(hours: float) -> list[tuple[float, str]]:
    """Round times from 0 to `hours`, in hours, and how they are written: in hours, minutes or seconds."""
    unit, name = next((each for each in ((1.0, "h"), (1 / 60, "min")) if hours >= 2 * each[0]), (1 / 3600, "s"))
    return [(value * unit, f"{text} {name}") for value, text in ticks(0, hours / unit, 6, (1, 2, 3, 4, 6, 10))]
