"""What the session says of its attempts: outcomes, properties, the summary, and the files of the run."""

from __future__ import annotations

import contextlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pytest_mlebench.attempts.judging import unjudged
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.collection import attempt_of, unmatched_words
from pytest_mlebench.errors import MlebenchError
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
        self._records: dict[tuple[str, int], AttemptRecord] = {}
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
            record = self._error(
                params["competition"],
                params["seed"],
                reason or "an error without a message",
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

    def _error(self, competition: Competition, seed: int, reason: str, tries: int = 1) -> AttemptRecord:
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
            tries=tries,
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
                self._note_crash(report)
            return
        if "skipped" in facts:
            self.skipped.append(tuple(facts["skipped"]))
        else:
            self._note(AttemptRecord.from_json(facts))

    def _note_crash(self, report: pytest.TestReport) -> None:
        if (attempt := attempt_of(report.nodeid)) is not None:
            competition, seed = attempt
            self._note(self._error(self.benchmark.catalog.get(competition), seed, str(report.longrepr)))

    def _note(self, record: AttemptRecord) -> None:
        # A plugin may have an attempt that a worker died with made again: its last result counts.
        self._records[record.competition, record.seed] = record

    @property
    def records(self) -> list[AttemptRecord]:
        """Of all attempts of this session; once it is over, of all attempts of the run."""
        return list(self._records.values())

    def pytest_report_teststatus(self, report: pytest.TestReport | pytest.CollectReport) -> Any:
        """Medal tiers as outcomes."""
        return teststatus(report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the run's grading report, and totals as properties of the JUnit suite; judge by --mlebench-fail-under.

        Only a session that came to its end is judged: an interrupt or a wrong use keeps its exit status.
        """
        if self.benchmark.is_worker:
            return
        if self.benchmark.settings.resume:
            self._add_earlier_sessions()
        if exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            session.exitstatus = self._judged(exitstatus)
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
            if self.benchmark.settings.summary is not None:
                self._write_summary(self.benchmark.settings.summary)
        for plugin in self.config.pluginmanager.get_plugins():
            # The JUnit writer of pytest and of its forks alike; there is no hook for suite properties.
            if hasattr(plugin, "add_global_property"):
                for name, value in suite_properties(Summary(self.records)):
                    plugin.add_global_property(name, value)

    def _write_summary(self, path: Path) -> None:
        """The run's report as Markdown, for --mlebench-summary."""
        from pytest_mlebench.files import write_text
        from pytest_mlebench.reporting.page.content import page
        from pytest_mlebench.reporting.page.markdown import markdown
        from pytest_mlebench.reporting.page.sources import read_sources
        from pytest_mlebench.reporting.summary import Summary

        run = self.benchmark.folder.root
        try:
            sources = read_sources(run.parent, [str(run)])
            write_text(path, markdown(page(sources, Summary(sources.records))))
        except OSError as error:
            self.problems.append(f"{path} cannot be written: {error.strerror or error}")
        except MlebenchError as error:
            self.problems.append(f"{path} is not written: {error}")

    def _judged(self, exitstatus: int) -> int:
        """The exit status by --mlebench-fail-under; pytest's own without it."""
        wanted = self.benchmark.settings.fail_under
        if wanted is None or self.benchmark.is_only_shown:
            return exitstatus
        from pytest_mlebench.reporting.summary import Summary
        from pytest_mlebench.reporting.wording import count

        summary = Summary(self.records)
        share = summary.overall.shares["any_medal"].mean
        if summary.errors:
            errors = f"{count(len(summary.errors), 'error')} of the harness"
            self.problems.append(f"{errors}: --mlebench-fail-under needs a result of every attempt")
        elif share is None or share < wanted:
            what = "no attempt was made" if share is None else f"any medal: {share:.1f} %"
            self.problems.append(f"{what}, and --mlebench-fail-under wants {wanted:g} %")
        else:
            return pytest.ExitCode.OK
        return pytest.ExitCode.TESTS_FAILED

    def _add_earlier_sessions(self) -> None:
        """The other attempts of a resumed run, so that tables and files are of the whole run."""
        from pytest_mlebench.reporting.reading import read_records

        records, warnings = read_records(self.benchmark.folder.root)
        self.problems.extend(warnings)
        for record in records:
            self._records.setdefault((record.competition, record.seed), record)

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
