"""Submissions as a careless or malicious agent may write them, to every competition of the catalog."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.competition import Competition
from pytest_mlebench.grading.grade import Grade

from .conftest import Prepared

COMPETITIONS = [pytest.param(competition, id=competition.id) for competition in Catalog()]

CELLS = [
    "", " ", "nan", "NaN", "None", "NULL", "inf", "-inf", "1e400", "-1", "0", "1", "1.5", "1e-320", "True", "false",
    "abc", "9" * 25, "9" * 5000, "-" + "9" * 400, "0x1f", "1_000", "1,5", "+1", "١٢", "\u202eevil", "\x1b[31mred",
    "é" * 300, "=cmd|'/c calc'!A0", "{{7*7}}", "../../etc/passwd", "a\nb", 'quote "inside"', "1 2 3", "1 2 3 4 5",
    "1 1 1 1", "[1, 2]", "2020-01-01", "\ufeff1", "\ud7ff", "1+2j",
    "1 99999999999999999999999", "99999999999999999999999 1",
]  # fmt: skip


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()


def files(header: list[str], rows: list[list[str]]) -> Iterator[tuple[str, bytes]]:
    """Hostile variants of a table, by name."""
    table = [header, *rows]
    good = as_csv(table)
    yield "empty", b""
    yield "blank lines", b"\n\n\n"
    yield "commas", b",,,\n,,,\n"
    yield "header only", as_csv([header])
    yield "without header", as_csv(rows)
    yield "header twice", as_csv([header, *table])
    yield "one row", as_csv(table[:2])
    yield "row more", as_csv([*table, rows[-1]])
    yield "row less", as_csv(table[:-1])
    yield "all rows twice", as_csv([*table, *rows])
    yield "first row everywhere", as_csv([header, *([rows[0]] * len(rows))])
    yield "column more", as_csv([[*row, "x"] for row in table])
    yield "field more in rows only", as_csv([header, *([*row, "1"] for row in rows)])
    yield "fields more in rows only", as_csv([header, *([*row, *"123"] for row in rows)])
    yield "field less in rows only", as_csv([header, *(row[:-1] for row in rows)])
    yield "ragged", as_csv([header, *(row[: 1 + n % len(row)] for n, row in enumerate(rows))])
    yield "every column twice", as_csv([row * 2 for row in table])
    yield "same name throughout", as_csv([[header[0]] * len(header), *rows])
    yield "columns reversed", as_csv([row[::-1] for row in table])
    yield "names in capitals", as_csv([[name.upper() for name in header], *rows])
    yield "names with blanks", as_csv([[f" {name} " for name in header], *rows])
    yield "names empty", as_csv([[""] * len(header), *rows])
    yield "names strange", as_csv([[f"{name}\x1b[2J{'x' * 9999}" for name in header], *rows])
    yield "index written", as_csv([["", *header], *([str(n), *row] for n, row in enumerate(rows))])
    yield "ids empty", as_csv([header, *(["", *row[1:]] for row in rows)])
    yield "ids numbered", as_csv([header, *([str(n), *row[1:]] for n, row in enumerate(rows))])
    yield "ids with blanks", as_csv([header, *([row[0] + " ", *row[1:]] for row in rows)])
    yield "ids as floats", as_csv([header, *([row[0] + ".0", *row[1:]] for row in rows)])
    yield "unknown id", as_csv([header, ["\x1b[31m" + "x" * 5000, *rows[0][1:]], *rows[1:]])
    yield "semicolons", good.replace(b",", b";")
    yield "tabs", good.replace(b",", b"\t")
    yield "carriage returns", good.replace(b"\n", b"\r")
    yield "byte order mark", b"\xef\xbb\xbf" + good
    yield "UTF-16", good.decode().encode("utf-16")
    yield "Latin-1", good + b"\xe9\xff"
    yield "NUL", good + b"\0"
    yield "gzip", b"\x1f\x8b\x08" + good
    yield "open quote", good + b'"'
    yield "quote in the header", b'"' + good
    yield "JSON", b'{"id": [1, 2]}'
    yield "HTML", b"<html><table><tr><td>1</td></tr></table></html>"
    yield "random bytes", bytes(range(1, 256)) * 20
    for n in range(len(header)):
        yield f"without column {n}", as_csv([row[:n] + row[n + 1 :] for row in table])
    for n in sorted({*range(min(3, len(header))), len(header) - 1}):
        for cell in CELLS:
            shown = ascii(cell[:12])
            yield f"column {n} is {shown}", as_csv([header, *([*row[:n], cell, *row[n + 1 :]] for row in rows)])
            first = [*rows[0][:n], cell, *rows[0][n + 1 :]]
            yield f"column {n} holds {shown}", as_csv([header, first, *rows[1:]])


def table_of(path: Path) -> tuple[list[str], list[list[str]]]:
    with path.open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file)
    return header, rows


def secrets_of(competition: Competition, private: Path, known: str) -> set[str]:
    """Cells of the answers that an agent cannot have from what it was given."""
    _, rows = table_of(private / competition.answers)
    return {cell for row in rows for cell in row if len(cell) > 3 and cell not in known}


def known_to_agents(competition: Competition, data: Prepared) -> str:
    """The sample submission, as text and cell by cell, and the description."""
    sample = competition.sample_path(data.public, data.private)
    cells = "\n".join(cell for row in table_of(sample)[1] for cell in row)
    return sample.read_text(encoding="utf-8") + cells + competition.description.read_text(encoding="utf-8")


def check(grade: Grade, secrets: set[str]) -> None:
    if grade.valid:
        assert isinstance(grade.raw_score, float)
        assert grade.reason is None or not math.isfinite(grade.raw_score)
        return
    assert grade.score is grade.medal is grade.rank is None
    assert grade.reason
    assert grade.reason.isprintable()
    assert len(grade.reason) < 500
    assert "Error" not in grade.reason
    words = set(re.findall(r"[\w.:/-]+", grade.reason))
    assert not [secret for secret in secrets if secret in words or (" " in secret and secret in grade.reason)]


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_hostile_files_are_graded_or_refused_with_a_reason(competition, gradable, tmp_path):
    data = gradable(competition)
    header, rows = table_of(competition.sample_path(data.public, data.private))
    known = known_to_agents(competition, data)
    refused = 0
    for name, content in files(header, rows):
        path = tmp_path / "submission.csv"
        path.write_bytes(content)
        try:
            grade = competition.grade(path, data.private)
            check(grade, secrets_of(competition, data.private, known + content.decode("latin-1")))
        except Exception as error:
            error.add_note(f"the submission is: {name}")
            raise
        refused += not grade.valid
    assert refused > 30


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_refusals_of_nearly_gold_submissions_quote_no_answers(competition, gradable, tmp_path):
    data = gradable(competition)
    known = known_to_agents(competition, data)
    header, rows = table_of(competition.sample_path(data.public, data.private))
    secrets = secrets_of(competition, data.private, known)
    path = tmp_path / "submission.csv"
    for cell in ("abc", "", "nan", "-1", "0.5"):
        for n in range(min(4, len(header))):
            first = [*rows[0][:n], cell, *rows[0][n + 1 :]]
            path.write_bytes(as_csv([header, first, *rows[1:]]))
            check(competition.grade(path, data.private), secrets)


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_special_files_are_refused(competition, gradable, tmp_path):
    data = gradable(competition)
    os.mkfifo(tmp_path / "fifo.csv")
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "answers.csv").symlink_to(data.private / competition.answers)
    for name in ("fifo.csv", "folder.csv", "answers.csv", "nowhere.csv"):
        grade = competition.grade(tmp_path / name, data.private)
        assert not grade.valid
        assert grade.reason


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_damaged_submissions_never_raise(competition, gradable, tmp_path_factory):
    data = gradable(competition)
    good = (data.private / competition.gold_submission).read_bytes()
    path = tmp_path_factory.mktemp("damaged") / "submission.csv"

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        st.lists(
            st.tuples(st.integers(0, len(good)), st.integers(0, 12), st.binary(max_size=12) | st.sampled_from(
                [cell.encode() for cell in CELLS] + [b",", b"\n", b'"', b",,", b"\r"]
            )),
            min_size=1,
            max_size=4,
        )
    )  # fmt: skip
    def damage(changes):
        content = good
        for position, length, text in changes:
            content = content[:position] + text + content[position + length :]
        path.write_bytes(content)
        check(competition.grade(path, data.private), set())

    damage()


def test_a_reason_names_the_column_and_the_cell_that_are_wrong(gradable, tmp_path):
    competition = Catalog().get("spooky-author-identification")
    data = gradable(competition)
    header, rows = table_of(competition.sample_path(data.public, data.private))
    path = tmp_path / "submission.csv"
    path.write_bytes(as_csv([header, *rows[:-1], [rows[-1][0], "0.2", "much", "0.2"]]))
    reason = competition.grade(path, data.private).reason
    assert "column 'HPL' must hold numbers: 1 of 20 rows do not, the first holds 'much'" in reason
