"""Durations and sizes as people type them."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.quantities import format_duration, format_size, parse_duration, parse_size


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("24h", 86400), ("90m", 5400), ("30s", 30), ("1h30m", 5400), ("2d", 172800), ("45", 45), (" 1.5H ", 5400)],
)
def test_durations(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "0s", "-1h", "1x", "1h 30m", "30 5m", "h", "1.2.3s", "nan", "inf"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("text", "size"), [("440g", 440 * 2**30), ("512m", 512 * 2**20), ("1k", 1024), ("7", 7), ("1.5GiB", 3 * 2**29)]
)
def test_sizes(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "lots", "0", "-1g", "1x", "g"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="size"):
        parse_size(text)


@given(st.text(max_size=12))
def test_any_text_parses_or_is_refused_with_a_value_error(text):
    for parse in (parse_duration, parse_size):
        with contextlib.suppress(ValueError):
            assert parse(text) > 0


def test_formats():
    shown = [format_duration(s) for s in (0.84, 42, 59.6, 200, 3600, 86340)]
    assert shown == ["0.8s", "42s", "1m 00s", "3m 20s", "1h 00m", "23h 59m"]
    assert [format_size(s) for s in (512, 1536, 25 * 2**30)] == ["512 B", "1.5 KB", "25.0 GB"]
