"""Under pytest-xdist, which worker gets which attempt when.

pytest-xdist hands a worker its next items before the current one has ended, in each of its distribution modes. With
items of 24 hours that leaves attempts waiting behind others while workers idle. Here an attempt goes to a worker that
is free for it, and those expected to last come first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlebench import work_loop
from pytest_mlebench.collection import attempt_of
from pytest_mlebench.longest_first import LongestFirst
from pytest_mlebench.reporting.durations import Durations, past_attempts

if TYPE_CHECKING:
    from pytest_mlebench.session import Benchmark

__all__ = ["Scheduling"]

_KEY = "mlebench-one-at-a-time"


class Scheduling:
    """The plugin that puts our scheduler in place of that of pytest-xdist, and our loop in place of its workers'."""

    def __init__(self, config: pytest.Config, benchmark: Benchmark) -> None:
        """Raises pytest.UsageError for a distribution mode that makes attempts more than once."""
        self._config = config
        self._benchmark = benchmark
        self._distributes = config.getoption("dist", "no") != "no"
        if self._distributes and config.getoption("dist") == "each":
            raise pytest.UsageError(
                "--dist=each would make every attempt once per worker, all in one folder: leave it out"
            )
        self._workers = 0
        self._one_at_a_time = self._distributes and work_loop.fits()

    def pytest_report_header(self) -> str | None:
        """Say so where a worker cannot be kept from holding a second attempt."""
        if not self._distributes or self._one_at_a_time:
            return None
        from importlib.metadata import version

        return (
            f"mlebench: pytest-xdist {version('pytest-xdist')} is not as expected: its workers take up an attempt only "
            "with another one waiting behind it"
        )

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_setupnodes(self, specs: Sequence[object]) -> None:
        """Note how many workers there will be."""
        self._workers = len(specs)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker whose loop it runs."""
        node.workerinput[_KEY] = self._one_at_a_time

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """In a worker, take up what is handed out as it comes."""
        if not getattr(self._config, "workerinput", {}).get(_KEY):
            return None
        work_loop.work(session)
        return True

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config) -> LongestFirst:
        """Hand out attempts in our order, whatever the distribution mode."""
        ahead = 0 if self._one_at_a_time else 1
        return LongestFirst(config, self._expected, workers=self._workers, ahead=ahead)

    def _expected(self, ids: Sequence[str]) -> list[float]:
        """Seconds that attempts are expected to take; 0 for those that are finished, and for items of other plugins."""
        attempts = [attempt_of(id) for id in ids]
        benchmark = self._benchmark
        competitions = {each[0]: benchmark.catalog.get(each[0]) for each in attempts if each is not None}
        # Grading again is work, also for those that are finished.
        left = {
            each
            for each in attempts
            if each and (benchmark.settings.regrade or not benchmark.finished(competitions[each[0]], each[1]))
        }
        if not left:
            return [0.0] * len(ids)
        known = past_attempts(benchmark.folder.root.parent, benchmark.agent.name)
        durations = Durations(known, benchmark.settings.time_limit)
        expected = {name: durations.of(name, competition.complexity) for name, competition in competitions.items()}
        return [expected[each[0]] if each in left else 0.0 for each in attempts]
