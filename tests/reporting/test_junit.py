from __future__ import annotations

from pytest_mlebench.reporting.junit import case_properties, suite_properties
from pytest_mlebench.reporting.summary import Summary


def test_a_case_has_the_facts_of_its_attempt(attempt):
    properties = dict(case_properties(attempt("wine", 2, "S")))
    assert properties == {
        "mlebench.competition": "wine",
        "mlebench.complexity": "low",
        "mlebench.category": "tabular",
        "mlebench.seed": "2",
        "mlebench.agent": "baseline",
        "mlebench.outcome": "silver",
        "mlebench.valid": "true",
        "mlebench.score": "0.98123",
        "mlebench.medal": "silver",
        "mlebench.above_median": "true",
        "mlebench.gold": "0.99",
        "mlebench.silver": "0.985",
        "mlebench.bronze": "0.97531",
        "mlebench.median": "0.9",
        "mlebench.rank": "12",
        "mlebench.teams": "1865",
        "mlebench.seconds": "200.0",
        "mlebench.fixed": "false",
    }


def test_known_problems_of_the_data_are_told(attempt):
    properties = dict(case_properties(attempt("wine", 0, "G", problems=("Labels leak.", "Rows lack."), fixed=True)))
    assert properties["mlebench.problems"] == "Labels leak. Rows lack."
    assert properties["mlebench.fixed"] == "true"


def test_what_is_not_known_is_absent(attempt):
    properties = dict(case_properties(attempt("wine", 0, "i", reason="no column y")))
    assert properties["mlebench.valid"] == "false"
    assert properties["mlebench.reason"] == "no column y"
    assert not {"mlebench.score", "mlebench.medal", "mlebench.rank"} & set(properties)


def test_an_error_says_nothing_of_what_the_agent_earned(attempt):
    properties = dict(case_properties(attempt("wine", 0, "E", reason="no docker", seconds=None)))
    assert properties["mlebench.outcome"] == "error"
    assert not {"mlebench.valid", "mlebench.above_median", "mlebench.medal", "mlebench.seconds"} & set(properties)


def test_numbers_read_back_to_the_same_value(attempt):
    record = attempt("wine", 0, "G", score=0.1 + 0.2, seconds=1 / 3)
    properties = dict(case_properties(record))
    assert float(properties["mlebench.score"]) == record.score
    assert float(properties["mlebench.seconds"]) == record.seconds


def test_the_suite_has_the_totals(attempts):
    properties = dict(suite_properties(Summary(attempts({"a": "GmB", "b": "S-i"}))))
    assert properties["mlebench.attempts"] == "6"
    assert properties["mlebench.submitted"] == "5"
    assert properties["mlebench.valid"] == "4"
    assert properties["mlebench.above_median"] == "4"
    assert [properties[f"mlebench.{tier}"] for tier in ("bronze", "silver", "gold", "any_medal")] == list("1113")
    assert properties["mlebench.any_medal_percent"] == "50.0"
    assert float(properties["mlebench.pass_at_1"]) == 0.5
    assert "mlebench.pass_at_3" in properties
    assert "mlebench.pass_at_4" not in properties


def test_a_suite_without_attempts_has_counts_only(attempts):
    properties = dict(suite_properties(Summary(attempts({"a": "E"}))))
    assert properties["mlebench.attempts"] == "0"
    assert properties["mlebench.errors"] == "1"
    assert not [name for name in properties if "percent" in name or "pass_at" in name or "error_" in name]


def test_properties_are_texts(attempts):
    summary = Summary(attempts({"a": "GmB", "b": "S-E"}))
    pairs = [pair for record in summary.rows for pair in case_properties(record)] + suite_properties(summary)
    assert all(isinstance(name, str) and isinstance(value, str) for name, value in pairs)
