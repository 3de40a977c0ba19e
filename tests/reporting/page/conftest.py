"""Runs on disk as the plugin leaves them, and a real browser that looks at the page about them."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import AttemptRecord, Snapshot
from pytest_mlebench.reporting.page.content import Page, page
from pytest_mlebench.reporting.page.html_page import html_page
from pytest_mlebench.reporting.page.sources import Sources, read_sources
from pytest_mlebench.reporting.summary import Summary

WriteRun = Callable[..., Path]
MakePage = Callable[..., Page]

FACTS = {
    "agent": {"name": "baseline", "options": {"model": "some-model-1"}, "variables_passed": ["API_KEY"]},
    "started": "2026-01-02T03:04:05+00:00",
    "workers": 2,
    "sandbox": "docker",
    "description": "plain",
    "fixed": False,
    "time_limit": 86400.0,
    "snapshot_every": 3600.0,
    "cpus": 36.0,
    "memory": 440 << 30,
    "gpus_per_attempt": 1.0,
    "network": "none",
    "machine": {"cpus": 64, "memory": 512 << 30, "gpus": ["A10"], "system": "Linux 6.1 x86_64"},
    "deviations": ["attempts: 4 (standard 3)"],
    "versions": {"python": "3.11.2", "pytest-mlebench": "0.1.0"},
}


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The folder that runs are in."""
    folder = tmp_path / "runs"
    folder.mkdir()
    return folder


@pytest.fixture
def write_run(runs: Path) -> WriteRun:
    """Writes a run of these records: run.json, and for each attempt its record, log and submission; its folder."""

    def write(name: str, records: list[AttemptRecord], facts: dict[str, Any] | None = None) -> Path:
        run = RunFolder(runs / name)
        run.create({"run": name, **(FACTS if facts is None else facts)})
        for record in records:
            folder = run.attempt(record.competition, record.seed)
            folder.create()
            folder.write_record(record)
            folder.log.write_text("a line\n")
            if record.submitted:
                (folder.submission / "submission.csv").write_text("id,target\n")
        return run.root

    return write


@pytest.fixture
def lifelike(attempt) -> list[AttemptRecord]:
    """Four attempts at six competitions of three complexities: every outcome, snapshots, costs, known problems."""
    letters = {
        "spooky-author-identification": "GSBm",
        "aerial-cactus-identification": "mnni",
        "random-acts-of-pizza": "nEmB",
        "leaf-classification": "n-iG",
        "AI4Code": "SmnB",
        "3d-object-detection-for-autonomous-vehicles": "n-n-",
    }
    made = []
    for index, (name, word) in enumerate(letters.items()):
        competition = catalog.get(name)
        board = competition.leaderboard
        places = {"G": 0.0, "S": 0.03, "B": 0.08, "m": 0.4, "n": 0.9}
        for seed, letter in enumerate(word):
            graded: dict[str, Any] = {}
            if letter in places:
                score = board.scores[round(places[letter] * (board.teams - 1))]
                earlier = board.scores[round(min(0.95, places[letter] + 0.3) * (board.teams - 1))]
                graded = {
                    "score": score,
                    "rank": board.rank(score),
                    "snapshots": (
                        Snapshot(elapsed=3600.0, outcome="invalid", reason="not yet"),
                        Snapshot(elapsed=7200.0, outcome="valid", score=earlier),
                    ),
                }
            reasons = {"i": f"row {seed} of 'target' is empty", "E": "no space left on device"}
            record = attempt(
                name,
                seed,
                letter,
                **{
                    "complexity": competition.complexity,
                    "category": competition.category,
                    "reason": reasons.get(letter),
                    "seconds": None if letter == "E" else 9000.0 + 100 * seed + index,
                    "cost": 1.5,
                    "tokens": 10_000,
                    "exit_status": 1 if letter == "-" else 0,
                    "problems": tuple(competition.serious_problems()),
                    **board.thresholds,
                    **graded,
                },
            )
            # A medal is what the score earns; the letters say what was meant.
            if record.score is not None and record.outcome not in (board.medal(record.score), "valid", "above_median"):
                medal = board.medal(record.score)
                record = dataclasses.replace(record, outcome=medal or "valid", medal=medal)
            made.append(record)
    return made


@pytest.fixture
def make_page(runs: Path) -> MakePage:
    """The page about the runs of these names."""

    def make(*names: str, **counting: Any) -> Page:
        sources = read_sources(runs, names)
        return page(sources, Summary(sources.records, **counting))

    return make


@pytest.fixture
def write_page(runs: Path) -> Callable[..., Path]:
    """Writes the page about the runs of these names into the first one's folder; its path."""

    def write(*names: str, output: Path | None = None) -> Path:
        sources: Sources = read_sources(runs, names)
        summary = Summary(sources.records)
        path = output or runs / names[0] / "report.html"
        path.write_text(html_page(page(sources, summary), summary, sources, path), encoding="utf-8")
        return path

    return write


# The browser.


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A headless Chromium; skipped where there is none, or failed where MLEBENCH_REQUIRE_BROWSER is 1."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        _do_without("there is no chromium with its chromedriver; on Debian: apt install chromium chromium-driver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = browser
    for argument in ("--headless=new", "--disable-gpu", "--disable-dev-shm-usage", "--window-size=1200,900"):
        options.add_argument(argument)
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    made = webdriver.Chrome(options=options, service=Service(driver))
    made.set_page_load_timeout(120)
    yield made
    made.quit()


def _do_without(why: str) -> NoReturn:
    if os.environ.get("MLEBENCH_REQUIRE_BROWSER") == "1":
        pytest.fail(f"MLEBENCH_REQUIRE_BROWSER=1, and {why}", pytrace=False)
    pytest.skip(why)


class Browser:
    """What tests ask of the browser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, path: Path, *, width: int = 1200, dark: bool = False) -> None:
        """Look at a file, in a window of that width, as one who has asked for light or dark colours."""
        self.driver.get_log("browser")
        self.driver.get_log("performance")
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        # What is clicked has to be there at once, so nothing moves smoothly.
        asked = {"prefers-color-scheme": "dark" if dark else "light", "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": value} for name, value in asked.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": features})
        self.driver.get(path.as_uri())

    def run(self, script: str, *arguments: Any) -> Any:
        """What a script in the page returns."""
        return self.driver.execute_script(script, *arguments)

    def all(self, selector: str) -> list[Any]:
        """The elements."""
        return self.driver.find_elements("css selector", selector)

    def one(self, selector: str) -> Any:
        """The only element."""
        (element,) = self.all(selector)
        return element

    def texts(self, selector: str) -> list[str]:
        """The texts of the elements, also of those that are out of sight."""
        return self.run("return [...document.querySelectorAll(arguments[0])].map(e => e.textContent.trim())", selector)

    def complaints(self) -> list[str]:
        """What was written to the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        """The addresses that were asked for."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]


@pytest.fixture
def browser(chromium) -> Iterator[Browser]:
    yield Browser(chromium)
    # What one page was told must not be known to the next.
    chromium.execute_script("try { localStorage.clear() } catch {}")
