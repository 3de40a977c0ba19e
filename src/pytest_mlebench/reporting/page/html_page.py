"""The page as one HTML file that needs nothing else: no network, no fonts, no scripts of others.

What agents wrote is text, and is escaped by the template; a policy in the page forbids every script and style but the
two that are in it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.extras import load
from pytest_mlebench.quantities import format_duration
from pytest_mlebench.reporting import wording
from pytest_mlebench.reporting.contacts import EXPLANATION
from pytest_mlebench.reporting.page.content import CompetitionPart, Page
from pytest_mlebench.reporting.page.data import page_data
from pytest_mlebench.reporting.page.drawing import drawing
from pytest_mlebench.reporting.page.failures import Cause
from pytest_mlebench.reporting.page.over_time import moments_table
from pytest_mlebench.reporting.page.passes import pass_table
from pytest_mlebench.reporting.page.pictures import Pictures
from pytest_mlebench.reporting.page.sources import Sources
from pytest_mlebench.reporting.page.words import about, counts, remarks, thresholds
from pytest_mlebench.reporting.summary import Summary, complexity_order
from pytest_mlebench.reporting.table import printable

__all__ = ["html_page"]

_ASSETS = Path(__file__).parent / "assets"
_STRIPS_FROM = 25
"""With so many seeds a competition's letters stand in one cell."""
_MOST_NAMED = 60
"""Attempts that are listed with a cause; the others are in the tables of their competitions."""
_ORDER = {outcome: order for order, outcome in enumerate(wording.LETTERS)}


@dataclass(frozen=True)
class _Attempt:
    name: str
    anchor: str
    seed: int
    letter: str
    words: str
    order: int
    score: str
    rank: str
    beaten: str
    time: str
    cost: str
    remarks: str
    log: str
    submission: str
    outcome: str

    @property
    def css(self) -> str:
        return _css(self.outcome)


def html_page(page: Page, summary: Summary, sources: Sources, output: Path) -> str:
    """The text of the file; `output` is where it will lie, so that links to logs and submissions are relative to it.

    Raises HarnessError where the libraries it needs are not installed.
    """
    jinja2 = load("jinja2")
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_ASSETS), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    style, script = (_ASSETS / "page.css").read_text("utf-8"), (_ASSETS / "page.js").read_text("utf-8")
    rows = _Rows(sources, output)
    with drawing():
        pictures = Pictures(page, count(1))
        parts = [_part(part, rows, page, pictures) for part in page.competitions]
        of_the_run = pictures.of_the_run()
    data = json.dumps(page_data(page, summary), allow_nan=False, separators=(",", ":"))
    return str(
        environment.get_template("page.html").render(
            page=page,
            parts=parts,
            pictures=of_the_run,
            causes=[_cause(cause, rows) for cause in page.causes],
            sections=_sections(page),
            key=[(_css(name), letter, wording.WORDS[name]) for name, letter in wording.LETTERS.items()],
            hosts_words=EXPLANATION,
            complexities=sorted({part.complexity for part in page.competitions}, key=complexity_order),
            categories=sorted({part.category for part in page.competitions}),
            strips=len(page.seeds) >= _STRIPS_FROM,
            costs=any(record.cost is not None for record in summary.rows),
            courses=any(part.board and (part.board.tracks or part.board.course) for part in page.competitions),
            quartiles=any(part.board and part.board.course for part in page.competitions),
            passes=pass_table(page.curves),
            moments=moments_table(page.moments),
            version=version("pytest-mlebench"),
            style=style,
            script=script,
            style_hash=_hash(style),
            script_hash=_hash(script),
            # No end of the element, and no comment, can begin within it.
            data=data.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
        )
    )


class _Rows:
    """Attempts as rows, with links to what they left."""

    def __init__(self, sources: Sources, output: Path) -> None:
        self._sources = sources
        self._from = output.absolute().parent
        self._anchors: dict[int, str] = {}

    def of(self, part: CompetitionPart) -> list[_Attempt]:
        beaten = dict(zip(map(id, part.records), part.beaten, strict=True))
        self._anchors |= {id(record): part.anchor for record in part.records}
        return [self.row(record, beaten[id(record)]) for record in part.records]

    def row(self, record: AttemptRecord, beaten: float | None = None) -> _Attempt:
        return _Attempt(
            name=printable(wording.attempt_name(record)),
            anchor=self._anchors[id(record)],
            seed=record.seed,
            letter=wording.LETTERS[record.outcome],
            words=wording.WORDS[record.outcome],
            order=_ORDER[record.outcome],
            score="not finite" if record.valid and record.score is None else wording.score(record.score),
            rank=wording.rank(record),
            beaten="-" if beaten is None else f"{100 * beaten:.0f} %",
            time="-" if record.seconds is None else format_duration(record.seconds),
            cost="-" if record.cost is None else f"${record.cost:.2f}",
            remarks=remarks(record),
            log=self._link(record, "agent.log"),
            submission=self._link(record, "submission/submission.csv") if record.submitted else "",
            outcome=record.outcome,
        )

    def _link(self, record: AttemptRecord, name: str) -> str:
        """Relative, so that the run's folder can be moved with the page in it; empty where there is no such file."""
        folder = self._sources.attempt_folder(record)
        # Unlike Path.is_file this takes a name that no file can have for one that is not there.
        if folder is None or not os.path.isfile(path := folder / name):  # noqa: PTH113
            return ""
        return f"./{quote(os.fsencode(os.path.relpath(path, self._from)))}"


def _part(part: CompetitionPart, rows: _Rows, page: Page, pictures: Pictures) -> dict[str, Any]:
    attempts = rows.of(part)
    by_seed = {each.seed: each for each in attempts}
    medals = sum(record.medal is not None for record in part.records)
    return {
        "name": part.name,
        "anchor": part.anchor,
        "complexity": part.complexity,
        "order": complexity_order(part.complexity)[0],
        "category": part.category,
        "problems": part.problems,
        "outcomes": " ".join(sorted({each.css for each in attempts} | ({"medal"} if medals else set()))),
        "attempts": attempts,
        "by_seed": [by_seed.get(seed) for seed in page.seeds],
        "medals": medals,
        "counted": sum(record.outcome != "error" for record in part.records),
        "counts": counts(part.records),
        "beats": "-" if part.normalised is None else f"{100 * part.normalised:.0f} %",
        "about": about(part),
        "thresholds": thresholds(part),
        "picture": pictures.board(part),
        "course": pictures.course(part),
    }


def _cause(cause: Cause, rows: _Rows) -> dict[str, Any]:
    return {
        "title": cause.title,
        "text": cause.text,
        "varied": cause.varied,
        "shown": [rows.row(record) for record in cause.records[:_MOST_NAMED]],
        "more": max(0, len(cause.records) - _MOST_NAMED),
    }


def _sections(page: Page) -> Sequence[tuple[str, str]]:
    known = [
        ("totals", "Totals", True),
        ("published", "Among the published", page.published is not None),
        ("pass", "pass@k", bool(page.curves)),
        ("medals", "Medals", True),
        ("over-time", "Over time", bool(page.moments)),
        ("spending", "Time and cost", True),
        ("failures", "Failures", True),
        ("network", "Network", bool(page.hosts.rows)),
        ("problems", "Known problems", bool(page.problems)),
        ("setting", "How it was obtained", True),
        ("competitions", "Competitions", True),
    ]
    return [(anchor, name) for anchor, name, there in known if there]


def _css(outcome: str) -> str:
    """The class of an outcome; ``error`` is that of standard errors."""
    return "error-o" if outcome == "error" else outcome


def _hash(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
