from __future__ import annotations

import pytest

from pytest_mlebench.reporting.comparison.settings import UNRECORDED, SettingDifference, differing_settings

from .conftest import FACTS


def test_a_run_is_like_itself():
    assert differing_settings(FACTS, FACTS) == ()


@pytest.mark.parametrize(
    ("change", "name", "ours", "theirs"),
    [
        ({"time_limit": 43200.0}, "time limit", "24h 00m", "12h 00m"),
        ({"cpus": 8}, "processors", "36", "8"),
        ({"memory": 64 << 30}, "memory", "440 GB", "64.0 GB"),
        ({"shm": 1 << 30}, "shared memory", "as the sandbox has it", "1.0 GB"),
        ({"disk": 1 << 40}, "disk", "no limit", "1.0 TB"),
        ({"gpus_per_attempt": 0.5}, "GPUs per attempt", "1", "0.5"),
        ({"machine": {"gpus": ["NVIDIA H100", "NVIDIA H100"]}}, "GPU models", "NVIDIA A10G", "NVIDIA H100"),
        ({"network": "open"}, "network", "none", "open"),
        ({"budget": {"tokens": None, "cost": 20.0}}, "budget", "none", "cost=20.0, tokens=None"),
        ({"description": "obfuscated"}, "description", "plain", "obfuscated"),
        ({"fixed": True}, "repaired data", "no", "yes"),
        ({"sandbox": "process"}, "sandbox", "docker", "process"),
    ],
)
def test_what_makes_results_unlike(change, name, ours, theirs):
    assert differing_settings(FACTS, {**FACTS, **change}) == (SettingDifference(name, ours, theirs, True),)


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"agent": {**FACTS["agent"], "name": "other"}}, "agent"),
        ({"agent": {**FACTS["agent"], "options": {"model": "large"}}}, "agent options"),
        ({"versions": {"pytest-mlebench": "0.2.0"}}, "pytest-mlebench"),
    ],
)
def test_what_is_compared_does_not_make_results_unlike(change, name):
    (difference,) = differing_settings(FACTS, {**FACTS, **change})
    assert (difference.name, difference.unlike) == (name, False)


@pytest.mark.parametrize(
    "change",
    [{"attempts": 8}, {"workers": 4}, {"started": "2027"}, {"machine": {**FACTS["machine"], "system": "Linux 7"}}],
)
def test_what_does_not_change_results_is_no_difference(change):
    assert differing_settings(FACTS, {**FACTS, **change}) == ()


def test_what_one_run_did_not_record_is_told_and_not_held_against_it():
    older = {name: value for name, value in FACTS.items() if name != "disk"}
    assert differing_settings(older, {**FACTS, "disk": 5}) == (SettingDifference("disk", UNRECORDED, "5 B", False),)


def test_those_that_matter_come_first():
    found = differing_settings(FACTS, {**FACTS, "agent": {"name": "x"}, "fixed": True, "network": "open"})
    assert [each.unlike for each in found] == sorted((each.unlike for each in found), reverse=True)


def test_the_gpus_of_a_resumption_count_too():
    resumed = {**FACTS, "resumptions": [{"machine": {"gpus": ["NVIDIA H100"]}}]}
    (difference,) = differing_settings(FACTS, resumed)
    assert (difference.name, difference.b) == ("GPU models", "NVIDIA A10G, NVIDIA H100")


def test_gpus_that_nobody_used_do_not_matter():
    without = {**FACTS, "gpus": [], "gpus_per_attempt": 0}
    assert differing_settings(without, {**without, "machine": {"gpus": ["NVIDIA H100"]}}) == ()


@pytest.mark.parametrize("value", [None, [], {}, "\x1b[2J", -1, 10**30, [[1]], {"a": {"b": 1}}, True])
@pytest.mark.parametrize("name", sorted({*FACTS, "resumptions"}))
def test_damaged_facts_are_shown_and_steer_no_terminal(name, value):
    for each in differing_settings(FACTS, {**FACTS, name: value}):
        assert (each.a + each.b).isprintable()
