"""How long attempts are expected to take, from those of the past and from what is known of a competition."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.reading import read_records
from pytest_mlebench.reporting.runs import read_facts

__all__ = ["Durations", "past_attempts"]

# Of the time limit; agents stop by themselves sooner where there is less to try out.
_SHARES = {"builtin": 0.1, "dev": 0.5, "low": 0.5, "medium": 0.75, "high": 1.0}
_LOOKED_AT = 200
"""Runs of any agent, so that a folder of thousands costs little."""


class Durations:
    """Expected durations of attempts of one agent."""

    def __init__(self, known: Iterable[tuple[str, str, float]], time_limit: float) -> None:
        """`known` are attempts that are done: competition, complexity, and seconds of the agent's time.

        Seconds are infinite for an attempt that its time limit ended; those that are negative or not a number are
        passed over. `time_limit` is in seconds.
        """
        self._limit = time_limit
        self._competitions: dict[str, list[float]] = defaultdict(list)
        self._complexities: dict[str, list[float]] = defaultdict(list)
        for competition, complexity, seconds in known:
            if seconds >= 0:
                self._competitions[competition].append(seconds)
                self._complexities[complexity].append(seconds)

    def of(self, competition: str, complexity: str) -> float:
        """Expected seconds of an attempt, between 0 and the time limit.

        The median of the competition's attempts, else of those of its complexity, else of all attempts, each scaled
        from its complexity to this one, else a share of the time limit.
        """
        share = _SHARES.get(complexity, 1.0)
        if competition in self._competitions:
            expected = statistics.median(self._competitions[competition])
        elif complexity in self._complexities:
            expected = statistics.median(self._complexities[complexity])
        elif self._complexities:
            scaled = (
                seconds * share / _SHARES.get(other, 1.0)
                for other, all_seconds in self._complexities.items()
                for seconds in all_seconds
            )
            expected = statistics.median(scaled)
        else:
            expected = share * self._limit
        return min(expected, self._limit)


def past_attempts(runs: Path, agent: str, *, at_most: int = 10) -> list[tuple[str, str, float]]:
    """The attempts of the agent's newest `at_most` runs below `runs`, as `Durations` takes them.

    Other agents' attempts tell nothing of this one's. Errors of the harness are passed over, and so is whatever cannot
    be read. Never raises.
    """
    found: list[tuple[str, str, float]] = []
    try:
        # Their names begin with the time they were started.
        newest_first = sorted((path.parent for path in runs.glob("*/run.json")), reverse=True)[:_LOOKED_AT]
    except OSError:
        return found
    for run in newest_first:
        if at_most and _is_of(run, agent):
            at_most -= 1
            found.extend(
                (record.competition, record.complexity, math.inf if record.timed_out else record.seconds)
                for record in read_records(run)[0]
                if record.seconds is not None and record.outcome != "error"
            )
    return found


def _is_of(run: Path, agent: str) -> bool:
    try:
        who = read_facts(run).get("agent")
    except MlebenchError:
        return False
    return isinstance(who, dict) and who.get("name") == agent
