"""Budgets: read as people write them, and what an agent says that it used, however it says it."""

from __future__ import annotations

import os

import pytest

from pytest_mlebench.attempts.budget import USAGE, Budget, Usage, read_usage


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("20usd", Budget(cost=20)),
        ("$2.50", Budget(cost=2.5)),
        ("0.5 USD", Budget(cost=0.5)),
        ("5mtokens", Budget(tokens=5_000_000)),
        ("120000 tokens", Budget(tokens=120_000)),
        ("1.5ktok", Budget(tokens=1500)),
        ("20usd,5mtokens", Budget(tokens=5_000_000, cost=20)),
    ],
)
def test_budgets_are_read_as_people_write_them(text, budget):
    assert Budget.parse(text) == budget


@pytest.mark.parametrize(
    "text", ["", "20", "usd", "-3usd", "0usd", "$20usd", "20eur", "1usd,2usd", "20usd,", "nan usd"]
)
def test_what_is_no_budget_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"not a budget|two limits"):
        Budget.parse(text)


@pytest.mark.parametrize(
    ("usage", "exceeded"),
    [
        (Usage(), None),
        (Usage(tokens=99, cost=0.99), None),
        (Usage(tokens=100), "100 of 100 tokens"),
        (Usage(cost=1.5), "1.50 of 1.00 USD"),
    ],
)
def test_a_budget_is_exceeded_once_it_is_used_up(usage, exceeded):
    said = Budget(tokens=100, cost=1.0).exceeded(usage)
    assert said is None if exceeded is None else exceeded in said


def test_usage_is_what_the_agent_last_wrote(tmp_path):
    assert read_usage(tmp_path) == Usage()
    (tmp_path / USAGE).write_text('{"tokens": 1200, "cost": 0.25, "model": "m"}')
    assert read_usage(tmp_path) == Usage(tokens=1200, cost=0.25)
    (tmp_path / USAGE).write_text('{"cost": 3}')
    assert read_usage(tmp_path) == Usage(cost=3.0)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", '{"cost": "1"}', '{"cost": -1}', '{"cost": NaN}', '{"tokens": true}', "[" * 10_000]
)
def test_usage_that_cannot_be_read_counts_as_none(tmp_path, text):
    (tmp_path / USAGE).write_text(text)
    assert read_usage(tmp_path) == Usage()


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_usage_that_is_no_file_neither_hangs_nor_leads_elsewhere(tmp_path, make):
    make(tmp_path / USAGE)
    assert read_usage(tmp_path) == Usage()
