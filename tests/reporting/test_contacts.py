"""Hosts that agents tried to reach."""

from __future__ import annotations

from pytest_mlebench.attempts.record import AttemptRecord, Contact
from pytest_mlebench.reporting.contacts import contacts_table, tried_hosts
from pytest_mlebench.reporting.junit import case_properties
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.terminal import lines

API, GITHUB = "api.openai.com:443", "github.com:443"


def tries(attempt) -> list[AttemptRecord]:
    first = (Contact(GITHUB, refused=2), Contact(API, allowed=40))
    return [attempt("a", 0, "G", contacts=first), attempt("a", 1, "n", contacts=(Contact(GITHUB, refused=1),))]


def test_hosts_are_counted_over_attempts_refused_ones_first(attempt):
    github, api = tried_hosts(tries(attempt))
    assert (github.name, github.refused, github.allowed, github.attempts) == (GITHUB, 3, 0, ["a-0", "a-1"])
    assert (api.name, api.refused, api.allowed, api.attempts) == (API, 0, 40, ["a-0"])
    rows = contacts_table([github, api]).rows
    assert [[cell.text for cell in row] for row in rows] == [[GITHUB, "3", "-", "a-0, a-1"], [API, "-", "40", "a-0"]]


def test_a_record_keeps_them(attempt):
    record = tries(attempt)[0]
    assert AttemptRecord.from_json(record.to_json()) == record


def test_the_summary_names_refused_hosts_and_no_others(attempt):
    text = "\n".join(lines(Summary(tries(attempt)), width=200))
    assert f"network: refused to reach {GITHUB} (3 times, 2 attempts)" in text
    assert API not in text
    assert "network:" not in "\n".join(lines(Summary([attempt("a", 0, "G")])))


def test_junit_names_refused_hosts(attempt):
    refused = [dict(case_properties(record)).get("mlebench.refused_hosts") for record in tries(attempt)]
    assert refused == [GITHUB, GITHUB]
    assert "mlebench.refused_hosts" not in dict(case_properties(attempt("a", 0, "G")))


def test_a_hostile_name_is_shown_harmlessly(attempt):
    (host,) = tried_hosts([attempt("a", 0, "n", contacts=(Contact("evil\x1b[2J:443", refused=1),))])
    assert "\x1b" not in host.name
