"""In which settings two runs differ, by what their run.json files say, and which of these make results unlike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pytest_mlebench.quantities import format_duration, format_size
from pytest_mlebench.reporting.runs import resumptions
from pytest_mlebench.reporting.table import printable

__all__ = ["UNRECORDED", "SettingDifference", "differing_settings"]

UNRECORDED = "not recorded"


@dataclass(frozen=True)
class SettingDifference:
    """A setting that two runs do not share."""

    name: str
    a: str
    """Its value in the first run, for a person; likewise `b`."""
    b: str
    unlike: bool
    """Whether results obtained so do not compare; False for the agent, its options, and what does not change results.

    A setting that one of the runs did not record cannot be held against them.
    """


def differing_settings(a: Mapping[str, Any], b: Mapping[str, Any]) -> tuple[SettingDifference, ...]:
    """The settings that differ between two runs, given as what their run.json files say; those that matter first."""
    found = []
    for name, (shown, matters) in _SETTINGS.items():
        ours, theirs = shown(a), shown(b)
        if ours != theirs:
            unlike = matters and UNRECORDED not in (ours, theirs)
            found.append(SettingDifference(name, ours, theirs, unlike))
    return tuple(sorted(found, key=lambda each: not each.unlike))


def _plain(key: str, none: str = "none") -> Callable[[Mapping[str, Any]], str]:
    def shown(facts: Mapping[str, Any]) -> str:
        if key not in facts:
            return UNRECORDED
        return none if facts[key] is None else _words(facts[key])

    return shown


def _amount(key: str, words: Callable[[float], str], none: str = "no limit") -> Callable[[Mapping[str, Any]], str]:
    def shown(facts: Mapping[str, Any]) -> str:
        value = facts.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e18:
            return words(value)
        return _plain(key, none)(facts)

    return shown


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{_words(key)}={_words(each)}" for key, each in sorted(value.items())) or "none"
    if isinstance(value, list):
        return ", ".join(map(_words, value)) or "none"
    return printable(str(value))


def _gpus(facts: Mapping[str, Any]) -> str:
    number = facts.get("gpus_per_attempt", UNRECORDED)
    return f"{number:g}" if isinstance(number, int | float) else _words(number)


def _gpu_models(facts: Mapping[str, Any]) -> str:
    """The kinds of GPU in the machines that a run was on; none where attempts got none."""
    if not facts.get("gpus"):
        return "none" if "gpus" in facts else UNRECORDED
    machines = [each.get("machine") for each in (facts, *resumptions(facts))]
    lists = [machine.get("gpus") for machine in machines if isinstance(machine, dict)]
    return ", ".join(sorted({_words(name) for each in lists if isinstance(each, list) for name in each})) or UNRECORDED


def _agent(key: str) -> Callable[[Mapping[str, Any]], str]:
    def shown(facts: Mapping[str, Any]) -> str:
        agent = facts.get("agent")
        return _plain(key)(agent) if isinstance(agent, dict) else UNRECORDED

    return shown


def _version(facts: Mapping[str, Any]) -> str:
    versions = facts.get("versions")
    return _plain("pytest-mlebench")(versions) if isinstance(versions, dict) else UNRECORDED


_SETTINGS: Mapping[str, tuple[Callable[[Mapping[str, Any]], str], bool]] = {
    "time limit": (_amount("time_limit", format_duration), True),
    "sandbox": (_plain("sandbox"), True),
    "processors": (_amount("cpus", lambda value: f"{value:g}"), True),
    "memory": (_amount("memory", format_size), True),
    "shared memory": (_amount("shm", format_size, "as the sandbox has it"), True),
    "disk": (_amount("disk", format_size), True),
    "GPUs per attempt": (_gpus, True),
    "GPU models": (_gpu_models, True),
    "network": (_plain("network"), True),
    "environment image": (_plain("environment"), True),
    "budget": (_plain("budget"), True),
    "description": (_plain("description"), True),
    "repaired data": (_plain("fixed"), True),
    "privileged": (_plain("privileged"), True),
    "agent": (_agent("name"), False),
    "agent options": (_agent("options"), False),
    "model": (_plain("model"), False),
    "variables passed": (_agent("variables_passed"), False),
    "pytest-mlebench": (_version, False),
}
"""For each setting how to show it, and whether results differ with it that are not the agent's merit."""
