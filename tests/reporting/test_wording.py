from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench import outcomes
from pytest_mlebench.reporting import wording
from pytest_mlebench.reporting.table import align_decimals, printable


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, "-"),
        (0.0, "0"),
        (-0.0, "0"),
        (1.0, "1"),
        (0.98, "0.98"),
        (0.123456789, "0.12346"),
        (100.0, "100"),
        (-3.5, "-3.5"),
        (1234567.25, "1234567.25"),
        (0.00001, "0.00001"),
        (1.5e-7, "1.5e-07"),
        (1.5e300, "1.5e+300"),
        (-0.000001, "-1e-06"),
        (float("nan"), "not finite"),
        (float("inf"), "not finite"),
    ],
)
def test_scores_have_the_digits_that_matter(value, expected):
    assert wording.score(value) == expected


@given(st.floats(-1e8, 1e8).map(lambda value: round(value, 5)))
def test_a_score_of_5_decimals_is_shown_in_full(value):
    assert float(wording.score(value)) == value


def test_decimal_points_meet():
    assert align_decimals(["0.5", "12", "-", "3.25"]) == ["0.5 ", "12   ", "-", "3.25"]


def test_counts_agree_with_their_nouns_and_verbs():
    assert wording.count(1, "attempt", "has") == "1 attempt has"
    assert wording.count(2, "attempt", "is") == "2 attempts are"
    assert wording.count(0, "seed") == "0 seeds"


def test_control_characters_are_shown_and_not_sent():
    assert printable("a\x1b[2Jb\r\nc\u202ed\x00") == "a\\x1b[2Jb c\\u202ed\\x00"
    assert printable("größe 数") == "größe 数"


@given(st.text())
def test_what_is_printable_is_one_line(text):
    assert printable(text).isprintable()


@pytest.mark.parametrize("outcome", list(wording.LETTERS))
def test_letters_are_those_that_pytest_shows(outcome):
    class Report:
        when = "call"
        mlebench = {"outcome": outcome}  # noqa: RUF012
        passed = outcome in ("gold", "silver", "bronze")
        failed = not passed

    if outcome != "error":
        assert outcomes.teststatus(Report())[1] == wording.LETTERS[outcome]
