"""Charts of a whole run: what stands at their scales."""

from __future__ import annotations

import pytest

from pytest_mlebench.reporting.page.charts import Line, lines
from pytest_mlebench.reporting.page.drawing import drawing


@pytest.mark.parametrize(
    ("last", "shown"),
    [
        (2, ["1", "2"]),
        (3, ["1", "2", "3"]),
        (8, [str(k) for k in range(1, 9)]),
        (36, ["1", "7", "13", "19", "25", "31"]),
    ],
)
def test_whole_numbers_of_attempts_stand_at_the_scale(last, shown):
    curve = Line(name="all", colour="faint", points=[(float(k), 2.0 * k) for k in range(1, last + 1)])
    with drawing():
        picture = lines([curve], "k attempts")
    assert [label.text for label in picture.labels if label.text.isdecimal()] == shown
