"""Reading the attempts of a run back from its folder."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.folders import RunFolder
from pytest_mlebench.attempts.record import TIERS, AttemptRecord

__all__ = ["read_records"]

_LARGEST = 1 << 20
"""Bytes; an attempt.json takes about one thousand, and a hundred for each snapshot."""

_TEXTS = ("competition", "complexity", "category", "agent")
_OPTIONAL_TEXTS = ("reason", "ended_early", "sandbox", "worker", "created_at", "folder")
_NUMBERS = ("score", "gold", "silver", "bronze", "median", "seconds", "cpus", "waited", "cost", "elapsed")
_INTEGERS = ("rank", "teams", "exit_status", "tries", "memory", "tokens", "requests")
_TRUTHS = ("above_median", "timed_out", "out_of_memory", "fixed")
_LISTS = ("gpus", "models", "problems")


def read_records(run: Path) -> tuple[list[AttemptRecord], list[str]]:
    """The records in ``<competition>/seed-<n>/attempt.json`` below `run`, and a line for each file that is none.

    Records are in order of their paths. Attempts without the file (still running, or interrupted) are passed over.
    Never raises for what it finds: a run that cannot be read gives no records and a line that says why.
    """
    records, warnings = [], []
    try:
        paths = [attempt.record for attempt in RunFolder(run).attempts()]
        if not run.is_dir():
            warnings.append(f"{run}: not a folder; a run is a folder below runs/")
    except OSError as error:
        return [], [f"{run}: cannot be read: {error.strerror or error}"]
    for path in paths:
        try:
            records.append(_record(path))
        except OSError as error:
            warnings.append(f"{path}: cannot be read, passed over: {error.strerror or error}")
        except (ValueError, TypeError, RecursionError) as error:
            warnings.append(f"{path}: not the record of an attempt, passed over: {error}")
    return records, warnings


def _record(path: Path) -> AttemptRecord:
    """The record in the file; raises OSError, or ValueError, TypeError, RecursionError for what is none."""
    if not path.is_file():
        raise ValueError("not a regular file")
    if path.stat().st_size > _LARGEST:
        raise ValueError(f"over {_LARGEST} bytes")
    value = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    _check(value)
    return AttemptRecord.from_json(value)


def _check(value: dict[str, Any]) -> None:
    """Raise ValueError for the first field that is not of its type."""
    snapshots = value.get("snapshots") or []
    if not isinstance(snapshots, list) or not all(isinstance(each, dict) for each in snapshots):
        raise ValueError("snapshots is not a list of objects")
    for snapshot in snapshots:
        _check_fields(snapshot)
        if snapshot.get("elapsed") is None:
            raise ValueError("elapsed is not a finite number")
    contacts = value.get("contacts") or []
    if not isinstance(contacts, list) or not all(map(_is_contact, contacts)):
        raise ValueError("contacts is not a list of hosts and numbers")
    for name in _TEXTS:
        if not isinstance(value.get(name), str):
            raise ValueError(f"{name} is not a text")
    if not _is_integer(value.get("seed")):
        raise ValueError("seed is not an integer")
    for name in _LISTS:
        texts = value.get(name)
        if texts is not None and not (isinstance(texts, list) and all(isinstance(text, str) for text in texts)):
            raise ValueError(f"{name} is not a list of texts")
    _check_fields(value)


def _check_fields(value: dict[str, Any]) -> None:
    """Raise ValueError for the first field, of those a record or a snapshot may have, that is not of its type."""
    for name in _OPTIONAL_TEXTS:
        if not isinstance(value.get(name), str | None):
            raise ValueError(f"{name} is not a text")
    for name in _INTEGERS:
        if value.get(name) is not None and not _is_integer(value[name]):
            raise ValueError(f"{name} is not an integer")
    for name in _NUMBERS:
        number = value.get(name)
        if number is not None and not (_is_integer(number) or (isinstance(number, float) and math.isfinite(number))):
            raise ValueError(f"{name} is not a finite number")
    for name in _TRUTHS:
        if not isinstance(value.get(name, False), bool):
            raise ValueError(f"{name} is not true or false")
    if not isinstance(value.get("lower_is_better"), bool | None):
        raise ValueError("lower_is_better is not true or false")
    if value.get("outcome") not in (*TIERS, "error"):
        raise ValueError("outcome is not one of an attempt")
    if value.get("medal") not in ("gold", "silver", "bronze", None):
        raise ValueError("medal is not one")


def _is_contact(value: object) -> bool:
    if not isinstance(value, dict) or not isinstance(value.get("host"), str):
        return False
    return all(_is_integer(number) and number >= 0 for number in (value.get("allowed", 0), value.get("refused", 0)))


def _is_integer(value: object) -> bool:
    # Integers beyond the range of floats cannot be shown as scores.
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 1 << 63
