"""The agent's log: bounded, without secrets, and never in the agent's way."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.reporting.watching.log_following import GrowingLog
from pytest_mlebench.sandboxes.agent_log import AgentLog
from pytest_mlebench.sandboxes.redaction import Redactor

LINE = re.compile(rb"\[mlebench: (\d+) bytes left out here\]\n")
SECRETS = {"KEY": "abcabd", "LONGER": "abcabdab", "OTHER": "bdabcabda", "SHORT": "ab", "SPACED": " ccccba\n"}


def replaced_naively(text: bytes) -> bytes:
    """The whole with every secret replaced, from left to right, the longest first."""
    values = {value.strip().encode(): name for name, value in SECRETS.items() if len(value.strip()) >= 6}
    done, place = b"", 0
    while place < len(text):
        found = [value for value in values if text.startswith(value, place)]
        longest = max(found, key=len, default=b"")
        done += b"[%s]" % values[longest].encode() if found else text[place : place + 1]
        place += len(longest) or 1
    return done


PIECES = st.lists(
    st.one_of(st.sampled_from([v.encode() for v in SECRETS.values()]), st.text("abcd\n", max_size=12).map(str.encode)),
    max_size=30,
)


@given(PIECES, st.lists(st.integers(1, 9), min_size=1))
def test_secrets_are_replaced_whatever_the_pieces_in_which_they_come(pieces: list[bytes], sizes: list[int]) -> None:
    redactor, whole, done, place, turn = Redactor(SECRETS), b"".join(pieces), b"", 0, 0
    while place < len(whole):
        size = sizes[turn % len(sizes)]
        done += redactor.feed(whole[place : place + size])
        place, turn = place + size, turn + 1
    assert done + redactor.rest() == replaced_naively(whole)


@given(PIECES)
def test_only_the_possible_beginning_of_a_secret_is_held_back(pieces: list[bytes]) -> None:
    redactor, longest = Redactor(SECRETS), max(len(value.strip()) for value in SECRETS.values())
    for piece in pieces:
        redactor.feed(piece)
        held = redactor.rest()
        assert len(held) < longest
    assert redactor.feed(b"a line\n") == b"a line\n"


@pytest.mark.parametrize("write", [str, quote, quote_plus, lambda v: quote(v, safe=""), json.dumps])
def test_secrets_are_found_as_urls_and_json_write_them(write) -> None:
    secret = 'pa/ss "wörd"+&\n\\x'
    shown = Redactor({"KEY": secret}).feed(f"before {write(secret)} after\n".encode()).decode()
    assert shown in ("before [KEY] after\n", 'before "[KEY]" after\n')


def test_short_and_empty_values_are_left() -> None:
    redactor = Redactor({"FLAG": "1", "EMPTY": "", "BLANK": "        ", "FIVE": "abcde"})
    assert redactor.feed(b"1 abcde         ") == b"1 abcde         "


def test_the_name_of_a_secret_may_hold_another_ones_value() -> None:
    assert Redactor({"A_secret": "valuevalue", "B": "A_secret"}).feed(b"valuevalue A_secret\n") == b"[A_secret] [B]\n"


def parts(content: bytes) -> tuple[bytes, int, bytes]:
    """What stands before the line, what it counts, and what stands after it."""
    found = list(LINE.finditer(content))
    assert len(found) == 1, content
    head = content[: found[0].start()]
    return head, int(found[0][1]), content[found[0].end() :]


@given(st.lists(st.text("abcd\n", max_size=200).map(str.encode), max_size=60), st.integers(256, 2000))
def test_both_ends_are_kept_byte_for_byte_within_bounds(tmp_path_factory, chunks: list[bytes], limit: int) -> None:
    path = tmp_path_factory.mktemp("log") / "agent.log"
    log = AgentLog(path, SECRETS, limit)
    for chunk in chunks:
        log.write(chunk)
        assert path.stat().st_size <= limit
    log.close()
    whole, content = replaced_naively(b"".join(chunks)), path.read_bytes()
    assert log.problem is None
    if len(whole) <= limit:
        assert content == whole
        return
    head, count, tail = parts(content)
    # The line begins on a line of its own.
    kept = head if whole.startswith(head) else head.removesuffix(b"\n")
    assert whole.startswith(kept)
    assert whole.endswith(tail)
    assert len(kept) + count + len(tail) in (len(whole), len(whole) + 1)
    if len(kept) + count + len(tail) == len(whole) + 1:  # then the line end before the line is no output
        assert kept.endswith(b"\n")
    assert len(kept) >= limit // 8
    assert len(tail) >= limit // 8


def test_lines_stay_whole_at_the_gap(tmp_path: Path) -> None:
    log = AgentLog(tmp_path / "agent.log", {}, 100_000)
    for i in range(50_000):
        log.write(b"line %d\n" % i)
    log.close()
    head, count, tail = parts((tmp_path / "agent.log").read_bytes())
    first, last = head.split(b"\n"), tail.split(b"\n")
    assert first[:-1] == [b"line %d" % i for i in range(len(first) - 1)]
    assert last[:-1] == [b"line %d" % i for i in range(50_001 - len(last), 50_000)]
    assert len(head) + count + len(tail) == sum(len(b"line %d\n" % i) for i in range(50_000))
    assert [p.name for p in tmp_path.iterdir()] == ["agent.log"]


def test_output_larger_than_the_bounds_in_one_piece(tmp_path: Path) -> None:
    log = AgentLog(tmp_path / "agent.log", {}, 4096)
    log.write(b"first\n" + b"x" * 1_000_000 + b"\nlast\n")
    log.close()
    head, count, tail = parts((tmp_path / "agent.log").read_bytes())
    assert head.startswith(b"first\n")
    assert tail.endswith(b"x\nlast\n")
    assert len(head.removesuffix(b"\n")) + count + len(tail) in (1_000_012, 1_000_011)


def test_a_log_that_is_there_is_continued_within_the_bounds(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    path.write_bytes(b"of an earlier writer\n" * 1000)
    path.chmod(0o640)
    log = AgentLog(path, {}, 4096)
    log.write(b"new\n")
    log.close()
    head, count, tail = parts(path.read_bytes())
    assert len(head) + count + len(tail) == 21_004
    assert (head[:3], tail[-4:], path.stat().st_mode & 0o777) == (b"of ", b"new\n", 0o640)


def test_a_follower_misses_and_repeats_nothing(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    log, follower, followed = AgentLog(path, {}, 1 << 20), GrowingLog(path), b""
    written = b""
    assert follower.open()
    for i in range(400):
        piece = b"".join(b"line %d of piece %d\n" % (j, i) for j in range(300))
        log.write(piece)
        written += piece
        followed += b"".join(follower.read())
    log.close()
    followed += b"".join(follower.read())
    follower.close()
    assert len(written) > 2 << 20
    assert followed == written


def test_what_is_held_back_is_written_when_nothing_more_comes(tmp_path: Path) -> None:
    log = AgentLog(tmp_path / "agent.log", {"KEY": "secret-of-mine"})
    log.write(b"my sec")
    assert (tmp_path / "agent.log").read_bytes() == b"my "
    log.flush()
    assert (tmp_path / "agent.log").read_bytes() == b"my sec"
    log.write(b"ond: secret-of-")
    log.close()
    assert (tmp_path / "agent.log").read_bytes() == b"my second: secret-of-"


FULL_FOR_A_WHILE = """
import resource, sys, types
from pathlib import Path
from pytest_mlebench.sandboxes import agent_log
from pytest_mlebench.sandboxes.agent_log import AgentLog

clock = 0.0
agent_log.time = types.SimpleNamespace(monotonic=lambda: clock)
hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
log = AgentLog(Path(sys.argv[1]), {})
log.write(b"a" * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (150, hard))
log.write(b"b" * 100)
log.write(b"c" * 100)
resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
log.write(b"d" * 100)
clock = 1.1
log.write(b"e" * 100)
log.close()
print(log.problem.strerror)
"""


def test_what_a_full_disk_did_not_take_is_counted_and_writing_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "agent.log"
    told = subprocess.run(
        [sys.executable, "-c", FULL_FOR_A_WHILE, str(path)], capture_output=True, text=True, check=True
    )
    assert told.stdout == "File too large\n"
    assert path.read_bytes() == b"a" * 100 + b"b" * 50 + b"\n[mlebench: 250 bytes left out here]\n" + b"e" * 100


def test_a_log_that_cannot_be_made_shorter_stays_bounded_and_recovers(tmp_path: Path) -> None:
    path, in_the_way = tmp_path / "agent.log", tmp_path / ".agent.log.shorter"
    in_the_way.mkdir()
    log = AgentLog(path, {}, 4096)
    for _ in range(1000):
        log.write(b"0123456789abcdef\n")
    assert path.stat().st_size <= 4096
    in_the_way.rmdir()
    time.sleep(1.1)
    log.write(b"the end\n")
    log.close()
    content = path.read_bytes()
    assert content.endswith(b" bytes left out here]\nthe end\n")
    counts = [int(count) for count in LINE.findall(content)]
    assert sum(counts) + len(LINE.sub(b"", content)) == 17_008
    assert isinstance(log.problem, OSError)
    assert path.stat().st_size <= 4096


def test_a_path_that_cannot_be_opened_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        AgentLog(tmp_path / "no" / "agent.log", {})
