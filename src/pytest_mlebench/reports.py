"""What the session says of its attempts: outcomes, properties, the summary, and the files of the run."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlebench.attempts.judging import unjudged
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.collection import unmatched_words
from pytest_mlebench.outcomes import teststatus

if TYPE_CHECKING:
    from pytest_mlebench.competition import Competition
    from pytest_mlebench.session import Benchmark

__all__ = ["RECORD", "TRIES", "Reports"]

RECORD = pytest.StashKey[AttemptRecord]()
TRIES = pytest.StashKey[int]()


class Reports:
    """The plugin that carries each attempt's facts into pytest's reports and, on the controller, sums them up."""

    def __init__(self, config: pytest.Config, benchmark: Benchmark) -> None:
        self.config = config
        self.benchmark = benchmark
        self.records: list[AttemptRecord] = []
        self.skipped: list[tuple[str, ...]] = []
        self.problems: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Attach the attempt's facts: to the call report, or to the setup report where it came no further."""
        report = yield
        record = item.stash.get(RECORD, None)
        if report.when == "setup" and not report.passed:
            if report.skipped:
                competition = item.callspec.params["competition"]  # type: ignore[attr-defined]
                # An attribute of plain values travels with the report, also from a worker of pytest-xdist.
                vars(report)["mlebench"] = {
                    "skipped": [competition.id, competition.complexity, self.benchmark.prepare_options(competition)]
                }
                return report
            params = item.callspec.params  # type: ignore[attr-defined]
            reason = str(call.excinfo.value) if call.excinfo is not None else report.longreprtext
            record = replace(
                self._error(params["competition"], params["seed"], reason or "an error without a message"),
                tries=item.stash.get(TRIES, 1),
            )
        if record is not None and (report.when == "call" or (report.when == "setup" and report.failed)):
            from pytest_mlebench.reporting.junit import case_properties

            vars(report)["mlebench"] = record.to_json()
            if report.failed:
                _shorten(report)
            item.user_properties.extend(case_properties(record))
            report.user_properties = list(item.user_properties)
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        """Try an attempt again that ended in an error of the harness, as often as --mlebench-retries says."""
        retries = self.benchmark.settings.retries
        if not retries or not hasattr(item, "callspec"):
            return None
        from _pytest.runner import runtestprotocol

        item.ihook.pytest_runtest_logstart(nodeid=item.nodeid, location=item.location)
        properties = list(item.user_properties)
        for tried in range(1, retries + 2):
            item.stash[TRIES] = tried
            item.user_properties[:] = properties
            reports = runtestprotocol(item, log=False, nextitem=nextitem)
            facts = [getattr(report, "mlebench", {}) for report in reports]
            if not any(each.get("outcome") == "error" for each in facts):
                break
        for report in reports:
            item.ihook.pytest_runtest_logreport(report=report)
        item.ihook.pytest_runtest_logfinish(nodeid=item.nodeid, location=item.location)
        return True

    def _error(self, competition: Competition, seed: int, reason: str) -> AttemptRecord:
        """The record of an attempt that the harness failed; written to its folder where the run has one."""
        folder = self.benchmark.folder.attempt(competition.id, seed)
        record = replace(
            unjudged(
                competition,
                seed,
                self.benchmark.agent.name,
                outcome="error",
                reason=reason,
                fixed=self.benchmark.is_fixed(competition),
            ),
            sandbox=self.benchmark.sandbox.name,
            folder=str(folder.root.relative_to(self.benchmark.folder.root)),
        )
        if self.benchmark.folder.root.is_dir():
            # A full disk must not hide the error itself.
            with contextlib.suppress(OSError):
                folder.write_record(record)
        return record

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gather the records; under pytest-xdist they come from the workers with the reports."""
        facts: dict[str, Any] | None = getattr(report, "mlebench", None)
        if facts is None:
            if str(report.when) == "???":  # how pytest-xdist reports what a worker ran when it died
                name = report.nodeid.partition("[")[2].rstrip("]")
                competition, _, seed = name.rpartition("-")
                self.records.append(
                    self._error(self.benchmark.catalog.get(competition), int(seed), report.longreprtext)
                )
            return
        if "skipped" in facts:
            self.skipped.append(tuple(facts["skipped"]))
        else:
            self.records.append(AttemptRecord.from_json(facts))

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> Any:
        """Medal tiers as outcomes."""
        return teststatus(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Write the run's grading report, and totals as properties of the JUnit suite."""
        if self.benchmark.is_worker:
            return
        if self.benchmark.settings.resume:
            self.records.extend(self._of_earlier_sessions())
        if not self.records:
            return
        from pytest_mlebench.reporting.grading_report import write_grading_report
        from pytest_mlebench.reporting.junit import suite_properties
        from pytest_mlebench.reporting.summary import Summary

        run = self.benchmark.folder.root
        if run.is_dir():
            try:
                write_grading_report(run / "grading_report.json", self.records, run)
            except OSError as error:
                self.problems.append(f"{run / 'grading_report.json'} cannot be written: {error.strerror or error}")
        for plugin in self.config.pluginmanager.get_plugins():
            # The JUnit writer of pytest and of its forks alike; there is no hook for suite properties.
            if hasattr(plugin, "add_global_property"):
                for name, value in suite_properties(Summary(self.records)):
                    plugin.add_global_property(name, value)

    def _of_earlier_sessions(self) -> list[AttemptRecord]:
        """The other attempts of a resumed run, so that tables and files are of the whole run."""
        from pytest_mlebench.reporting.reading import read_records

        known = {(record.competition, record.seed) for record in self.records}
        records, warnings = read_records(self.benchmark.folder.root)
        self.problems.extend(warnings)
        return [record for record in records if (record.competition, record.seed) not in known]

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The medal table, totals and pass@k; and what was skipped, and why nothing matched."""
        from pytest_mlebench.reporting.summary import Summary
        from pytest_mlebench.reporting.terminal import print_summary

        if self.records or self.skipped:
            print_summary(terminalreporter, Summary(self.records), self.skipped)
        for problem in self.problems:
            terminalreporter.write_line(f"mlebench: {problem}", red=True)
        if self.benchmark.folder.root.is_dir():
            terminalreporter.write_line(f"run: {self.benchmark.folder.root}")
        if not self.records and not self.skipped:
            for line in unmatched_words(
                self.config.option.keyword, self.config.option.markexpr, self.benchmark.catalog
            ):
                terminalreporter.write_line(f"mlebench: {line}")


def _shorten(report: pytest.TestReport) -> None:
    """Leave of the message in pytest's short summary what its first word, the outcome, does not say already."""
    crash = getattr(report.longrepr, "reprcrash", None)
    if crash is not None:
        crash.message = crash.message.removeprefix("Failed: ")
        words = crash.message.partition(": ")
        crash.message = words[2] if words[0].isupper() else crash.message
