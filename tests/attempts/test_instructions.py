"""What every agent is told."""

from __future__ import annotations

import pytest

from pytest_mlebench.attempts.budget import Budget
from pytest_mlebench.attempts.instructions import instructions

PLACES = {
    "MLEBENCH_DATA_DIR": "/home/data",
    "MLEBENCH_CODE_DIR": "/home/code",
    "MLEBENCH_SUBMISSION_DIR": "/home/submission",
    "MLEBENCH_LOGS_DIR": "/home/logs",
    "MLEBENCH_VALIDATION_URL": "http://localhost:5000",
}


def told(**changes) -> str:
    terms = {"time_limit": 86400.0, "hardware": "8 processors, 1 GPU", "network": "none", "description": "# Wine\n"}
    return instructions(PLACES, **{**terms, **changes})


def test_names_rules_places_time_hardware_and_how_to_validate():
    text = told()
    for what in ("/home/data", "/home/code", "/home/submission", "24h", "8 processors, 1 GPU", "RULES", "by hand"):
        assert what in text
    assert "curl -F file=@submission.csv http://localhost:5000/validate" in text


def test_the_description_stands_at_the_end_as_it_is():
    text = told(description="# {braces} and 100 %\n\nPredict $x$.\n")
    assert text.endswith("description.md.\n\n# {braces} and 100 %\n\nPredict $x$.\n")


@pytest.mark.parametrize(
    ("network", "said"),
    [("none", "Network: none."), ("llm", "none but your language model"), ("open", "open; rule 2 holds there too")],
)
def test_says_what_can_be_reached(network, said):
    assert said in told(network=network)


def test_limits_that_only_some_runs_have_are_said_where_there_are_some():
    assert "Budget" not in told()
    assert "Disk" not in told()
    text = told(budget=Budget(tokens=5_000_000, cost=20.0), disk=100 << 30)
    assert "20.00 USD and 5,000,000 tokens" in text
    assert "may take 100 GB" in text
