"""A log that is read while the real writer appends to it and shortens it."""

from __future__ import annotations

import re

import pytest

from pytest_mlebench.reporting.watching.log_following import GrowingLog
from pytest_mlebench.sandboxes.agent_log import AgentLog


@pytest.fixture
def log(tmp_path):
    growing = GrowingLog(tmp_path / "agent.log")
    yield growing
    growing.close()


def read(log: GrowingLog) -> bytes:
    return b"".join(log.read())


def test_what_is_appended_is_read_once(log, tmp_path):
    assert not log.open()
    with (tmp_path / "agent.log").open("ab", buffering=0) as file:
        file.write(b"one\ntw")
        assert log.open()
        assert read(log) == b"one\ntw"
        assert read(log) == b""
        file.write(b"o\n" + b"x" * 200_000)
        assert read(log) == b"o\n" + b"x" * 200_000


@pytest.mark.parametrize("step", [700, 30_000, 90_000])
def test_a_log_that_is_shortened_meanwhile_is_read_without_a_gap(log, tmp_path, step):
    writer = AgentLog(tmp_path / "agent.log", {}, limit=1 << 20)
    log.open()
    written = seen = b""
    number = 0
    while number < 60_000:
        lines = b"".join(b"line %08d of what an agent prints\n" % n for n in range(number, number + step // 40))
        number += step // 40
        writer.write(lines)
        written += lines
        seen += read(log)
    writer.close()
    seen += read(log)
    assert seen == written
    assert b"bytes left out here" in (tmp_path / "agent.log").read_bytes()


def test_what_was_left_out_before_it_was_read_is_told(log, tmp_path):
    writer = AgentLog(tmp_path / "agent.log", {}, limit=1 << 20)
    writer.write(b"".join(b"line %08d\n" % n for n in range(10_000)))
    log.open()
    first = read(log)
    writer.write(b"".join(b"line %08d\n" % n for n in range(10_000, 500_000)))
    writer.close()
    after = read(log).decode()
    assert first.endswith(b"line 00009999\n")
    assert re.search(r"\n\[mlebench: \d+ bytes left out here\]\nline \d{8}\n", after)
    numbers = [int(number) for number in re.findall(r"line (\d{8})\n", after)]
    assert numbers == sorted(numbers)
    assert numbers[-1] == 499_999


def test_another_log_in_its_place_is_read_from_its_beginning(log, tmp_path):
    path = tmp_path / "agent.log"
    path.write_bytes(b"first attempt\n" * 1000)
    log.open()
    read(log)
    path.rename(tmp_path / "earlier.log")
    assert read(log) == b""
    path.write_bytes(b"first again, and other things\n")
    assert read(log) == b"first again, and other things\n"
    path.write_bytes(b"cut\n")
    assert read(log) == b"cut\n"


@pytest.mark.parametrize("end", [b"", b"\n"])
@pytest.mark.parametrize("lines", [0, 1, 2, 999, 1000, 2000])
def test_the_last_lines(log, tmp_path, lines, end):
    content = b"\n".join(b"%d " % n + b"x" * 300 for n in range(1000)) + end
    (tmp_path / "agent.log").write_bytes(content)
    log.open(lines)
    wanted = content.splitlines(keepends=True)[-lines:] if lines else []
    assert read(log) == b"".join(wanted)
