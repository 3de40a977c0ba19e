from __future__ import annotations

import io
import os
import pty
import random
import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
from _pytest._io import TerminalWriter

from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.terminal import lines, print_summary

TABLE_80 = """\
competition                score          rank  medal            time
---------------------------------------------------------------------
medium:
  tgs-salt-identification-challenge
                  bronze 0.97531  silver 0.985  gold 0.99
    seed 0                   0.5  3000 of 3219  no medal       3m 20s
    seed 1                     -             -  invalid        3m 20s
builtin:
  builtin-digits  bronze 0.97531  silver 0.985  gold 0.99
    seed 0               0.98123     12 of 110  bronze         3m 20s
    seed 1                     -             -  no submission  3m 20s
  builtin-wine    bronze 0.97531  silver 0.985  gold 0.99
    seed 0               0.98123     12 of 110  gold           3m 20s
    seed 1               0.98123     12 of 110  above median   3m 20s"""

TABLE_120 = """\
competition                          seed    score   bronze  silver  gold          rank  medal            time
--------------------------------------------------------------------------------------------------------------
medium:
  tgs-salt-identification-challenge     0  0.5      0.97531   0.985  0.99  3000 of 3219  no medal       3m 20s
  tgs-salt-identification-challenge     1        -  0.97531   0.985  0.99             -  invalid        3m 20s
builtin:
  builtin-digits                        0  0.98123  0.97531   0.985  0.99     12 of 110  bronze         3m 20s
  builtin-digits                        1        -  0.97531   0.985  0.99             -  no submission  3m 20s
  builtin-wine                          0  0.98123  0.97531   0.985  0.99     12 of 110  gold           3m 20s
  builtin-wine                          1  0.98123  0.97531   0.985  0.99     12 of 110  above median   3m 20s"""

FIGURES = """\

totals: attempts, percent ± standard error over 2 seeds
                        all         medium        builtin
---------------------------------------------------------
competitions  3              1              2
attempts      6              2              4
submitted     5  83.3 ±16.7  2  100.0 ±0.0  3  75.0 ±25.0
valid         4  66.7 ±33.3  1  50.0 ±50.0  3  75.0 ±25.0
above median  3  50.0 ±16.7  0    0.0 ±0.0  3  75.0 ±25.0
bronze        1  16.7 ±16.7  0    0.0 ±0.0  1  25.0 ±25.0
silver        0    0.0 ±0.0  0    0.0 ±0.0  0    0.0 ±0.0
gold          1  16.7 ±16.7  0    0.0 ±0.0  1  25.0 ±25.0
any medal     2  33.3 ±33.3  0    0.0 ±0.0  2  50.0 ±50.0

pass@k: percent, a medal in k attempts
         all  medium  builtin
-----------------------------
pass@1  33.3     0.0     50.0
pass@2  66.7     0.0    100.0

all includes builtin, which the published results do not"""

HEADLINE_80 = """\
any medal: 33.3 % ± 33.3 of 6 attempts (3 competitions x 2 seeds)
pass@1 33.3 %  pass@2 66.7 %"""

HEADLINE_120 = """\
any medal: 33.3 % ± 33.3 of 6 attempts (3 competitions x 2 seeds)   pass@1 33.3 %  pass@2 66.7 %"""

IDS = {"low": ["a", "b", "c"], "medium": ["tgs", "x", "y", "z"], "high": ["h"]}


def shown(records, width=80, **more):
    return list(lines(Summary(records), width=width, known=IDS.__getitem__, **more))


def text(records, width=80, **more):
    return "\n".join(shown(records, width, **more))


@pytest.fixture
def two_complexities(attempts):
    return [
        *attempts({"builtin-wine": "Gm", "builtin-digits": "B-"}, complexity="builtin", teams=110),
        *attempts({"tgs-salt-identification-challenge": "ni"}, complexity="medium", score=0.5, rank=3000, teams=3219),
    ]


def test_at_120_columns_each_attempt_is_a_row(two_complexities):
    assert text(two_complexities, 120) == f"{TABLE_120}\n{FIGURES}\n{HEADLINE_120}"


def test_at_80_columns_thresholds_stand_above_their_attempts(two_complexities):
    assert text(two_complexities, 80) == f"{TABLE_80}\n{FIGURES}\n{HEADLINE_80}"


@pytest.mark.parametrize("width", [70, 80, 100, 120, 200])
def test_tables_keep_within_the_width(two_complexities, attempts, width):
    many = [
        record
        for complexity in ("low", "medium", "high", "dev", "builtin")
        for i in range(6)
        for record in attempts(
            {f"{complexity}-a-competition-with-an-uncommonly-long-name-{i}": "GSBmni-E"}, complexity=complexity
        )
    ]
    for records in (two_complexities, many):
        printed = shown(records, width)
        assert max(map(len, printed[: printed.index("", printed.index("") + 1)])) <= width


@pytest.mark.parametrize("width", [0, 1, 10, 30])
def test_a_terminal_too_narrow_for_anything_is_no_error(two_complexities, attempts, width):
    assert text(two_complexities, width).endswith("%")
    assert text(attempts({f"a-{i}": "Gn" for i in range(30)}), width).endswith("%")


def test_one_complexity_has_no_headings_and_no_column_of_its_own(attempts):
    printed = text(attempts({"wine": "GG"}), 120)
    assert "low:" not in printed
    assert re.search(r"^ +low$", printed, re.M)
    assert " all" not in printed


def test_one_seed_has_no_standard_error(attempts):
    printed = text(attempts({"a": "G", "b": "n"}))
    assert "±" not in printed
    assert printed.endswith("any medal: 50.0 % of 2 attempts (2 competitions x 1 seed)   pass@1 50.0 %")


def test_many_attempts_have_one_row_a_competition(attempts):
    records = attempts({f"competition-{i:02}": "GSBmni-E" for i in range(6)})
    printed = shown(records, 120)
    assert printed[0] == ("G gold, S silver, B bronze, m above median, n no medal, i invalid, - no submission, E error")
    assert printed[3] == ("competition-00  G S B m n i - E     0.98123  0.97531   0.985  0.99  12 of 1865     3m 20s")
    assert len([line for line in printed if line.startswith("competition-0")]) == 6


def test_seeds_that_a_competition_lacks_keep_their_place(attempt):
    records = [attempt(f"c{i:02}", seed, "G") for i in range(21) for seed in ((0, 1) if i else (2, 3))]
    printed = text(records)
    assert re.search("^c00 +[.] [.] G G ", printed, re.M)
    assert re.search("^c01 +G G [.] [.] ", printed, re.M)
    assert ". not attempted" in printed


def test_the_best_score_is_that_of_the_best_rank(attempt):
    records = [
        attempt(f"c{i:02}", seed, "n", score=score, rank=rank, lower_is_better=True)
        for i in range(21)
        for seed, score, rank in ((0, 7.5, 30), (1, 2.25, 4))
    ]
    assert re.search(r"c00 +n n +2\.25 .* 4 of 1865", text(records, 120))


def test_600_attempts_take_under_a_second():
    from pytest_mlebench.attempts.record import AttemptRecord

    rng = random.Random(0)
    records = []
    for i in range(75):
        for seed in range(8):
            outcome = rng.choice(["gold", "silver", "bronze", "above_median", "valid", "invalid", "no_submission"])
            records.append(
                AttemptRecord(
                    competition=f"competition-number-{i}",
                    complexity=("low", "medium", "high")[i % 3],
                    category="tabular",
                    seed=seed,
                    agent="baseline",
                    outcome=outcome,
                    medal=outcome if outcome in ("gold", "silver", "bronze") else None,
                )
            )
    printed = shown(records, 80)
    assert len(printed) < 120
    assert max(map(len, printed)) <= 80


def test_36_seeds_are_shown_and_pass_at_k_is_thinned_out(attempts):
    printed = text(attempts({"a": "Gn" * 18, "b": "-i" * 18}))
    assert "a            " + "Gn" * 18 in printed
    assert re.findall(r"^pass@(\d+) ", printed, re.M)[:8] == ["1", "2", "4", "8", "16", "32", "36", "1"]


def test_errors_are_told_by_reason_and_the_headline_is_not_final(attempt):
    records = [attempt("a", 0, "G"), attempt("a", 1, "n")]
    records += [attempt("b", seed, "E", reason="Docker  does\nnot \x1b[31manswer") for seed in range(5)]
    printed = text(records, 120)
    assert "error, not counted: b-0, b-1, b-2 and 2 more: Docker does not \\x1b[31manswer\n" in printed
    assert "any medal, not final: 50.0 % ± 50.0 of 2 attempts (1 competition x 2 seeds)" in printed
    assert re.search(r"^errors +5$", printed, re.M)


def test_a_run_of_errors_has_no_headline_figure(attempts):
    printed = text(attempts({"a": "EE"}))
    assert printed.endswith("any medal: no attempt to count")
    assert "pass@" not in printed


def test_uneven_attempts_are_told_and_the_mean_stands_apart(attempts):
    printed = text(attempts({"a": "GnG", "b": "GG"}), 200)
    assert (
        "uneven: 1 attempt is beyond the 2 seeds that every competition has; "
        "counted in totals and pass@k, not in means over seeds\n"
    ) in printed
    assert re.search(r"^any medal +4 +80\.0$", printed, re.M)
    assert re.search(r"^any medal, 2 seeds +75\.0 ±25\.0$", printed, re.M)
    assert "any medal: 75.0 % ± 25.0 of 4 attempts (2 competitions x 2 seeds)" in printed


def test_limits_and_unfinished_attempts_are_told(attempt):
    records = [attempt("a", 0, "G", timed_out=True), attempt("a", 1, "-", timed_out=True, out_of_memory=True)]
    printed = text(records, unfinished=["b-0"])
    assert "time limit: 2 attempts ended there and were graded as left\n" in printed
    assert "memory limit: 1 attempt went over it\n" in printed
    assert "unfinished: 1 attempt has no result: b-0\n" in printed


def test_a_score_that_is_not_finite_is_told_from_none(attempt):
    printed = text([attempt("a", 0, "n", score=None, rank=None)])
    assert "not finite" in printed


def test_skipped_competitions_are_one_line_a_complexity_with_the_command(attempt):
    skipped = [("h2", "high"), ("x", "medium"), ("a", "low"), ("b", "low"), ("a", "low"), ("y", "medium")]
    printed = shown([attempt("c", 0, "G")], 80, skipped=skipped)
    assert printed[-4:-1] == [
        # With c attempted, a and b are all that is left of the low ones.
        "skipped: 2 low competitions have no prepared data; prepare them with: mlebench prepare --complexity low",
        "skipped: 2 medium competitions have no prepared data; prepare them with: mlebench prepare x y",
        "skipped: 1 high competition has no prepared data; prepare it with: mlebench prepare h2",
    ]


def test_the_command_has_the_options_that_the_run_needs():
    skipped = [("a", "low", ""), ("b", "low", "--fixed"), ("c", "low", "--fixed")]
    assert shown([], 80, skipped=skipped)[:2] == [
        "skipped: 1 low competition has no prepared data; prepare it with: mlebench prepare a",
        "skipped: 2 low competitions have no prepared data; prepare them with: mlebench prepare b c --fixed",
    ]


def test_with_nothing_attempted_only_the_skipped_are_told():
    assert shown([], skipped=[("a", "low")]) == [
        "skipped: 1 low competition has no prepared data; prepare it with: mlebench prepare a"
    ]
    assert shown([]) == []


class Terminal:
    """What print_summary uses of pytest's terminal reporter, on a real TerminalWriter."""

    def __init__(self, *, isatty, hasmarkup, encoding="utf-8"):
        self.isatty = isatty
        self.file = io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")
        writer = TerminalWriter(self.file)
        writer.hasmarkup, writer.fullwidth = hasmarkup, 80
        self.write_sep = writer.sep
        self.write_line = writer.line
        self.config = SimpleNamespace(get_terminal_writer=lambda: writer)

    def printed(self):
        self.file.flush()
        return self.file.buffer.getvalue().decode(self.file.encoding)


@pytest.fixture(autouse=True)
def ordinary_terminal(monkeypatch):
    for name in ("CI", "NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


def test_a_terminal_gets_the_same_lines_with_colours(two_complexities):
    terminal = Terminal(isatty=True, hasmarkup=True)
    print_summary(terminal, Summary(two_complexities))
    printed = terminal.printed()
    assert "\x1b[1;38;5;178mgold\x1b[0m" in printed
    bare = [line.rstrip() for line in re.sub(r"\x1b\[[0-9;]*m", "", printed).replace("─", "-").splitlines()]
    assert bare[0].strip("=") == " medals of baseline "
    assert bare[1:] == shown(two_complexities)


@pytest.mark.parametrize(
    ("isatty", "hasmarkup", "variables"),
    [(False, False, {}), (False, True, {}), (True, False, {}), (True, True, {"CI": "true"})],
    ids=["pipe", "pipe with --color=yes", "NO_COLOR", "CI"],
)
def test_elsewhere_the_text_is_plain(two_complexities, monkeypatch, isatty, hasmarkup, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal(isatty=isatty, hasmarkup=hasmarkup)
    print_summary(terminal, Summary(two_complexities), [("a", "low")])
    # The rule above is pytest's own.
    assert "\x1b" not in terminal.printed().partition("\n")[2]
    assert "mlebench prepare" in terminal.printed()


def test_an_ascii_terminal_is_no_error(two_complexities):
    for isatty in (False, True):
        terminal = Terminal(isatty=isatty, hasmarkup=isatty, encoding="ascii")
        print_summary(terminal, Summary(two_complexities))
        assert "33.3 % +- 33.3" in terminal.printed()


CONFTEST = """
from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.reporting.summary import Summary
from pytest_mlebench.reporting.terminal import print_summary

def pytest_terminal_summary(terminalreporter):
    print_summary(terminalreporter, Summary([AttemptRecord(
        competition="wine", complexity="builtin", category="tabular", seed=0, agent="[bold]", outcome="gold",
        medal="gold", score=0.5)]))
"""


@pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_real_pytest_on_a_real_terminal(tmp_path, variables, coloured):
    (tmp_path / "conftest.py").write_text(CONFTEST)
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:terminalprogress"],
        cwd=tmp_path,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env={**os.environ, **variables},
    )
    os.close(slave)
    output = b""
    try:
        while chunk := os.read(master, 65536):
            output += chunk
    except OSError:
        # Linux says so when the last writer has closed its end.
        pass
    process.wait(timeout=60)
    os.close(master)
    assert b"medals of [bold]" in output
    assert b"any medal: 100.0 % of 1 attempt" in output
    assert (b"\x1b[1;38;5;178mgold" in output) == coloured
    assert coloured or b"\x1b" not in output
