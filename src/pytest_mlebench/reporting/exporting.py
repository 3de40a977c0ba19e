"""All attempts of one or several runs as a table, for notebooks and spreadsheets: CSV and parquet."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pytest_mlebench.attempts.record import AttemptRecord
from pytest_mlebench.extras import load
from pytest_mlebench.files import write_text
from pytest_mlebench.reporting.results import Results
from pytest_mlebench.reporting.standing import packaged_board, share_beaten

__all__ = ["COLUMNS", "rows", "write_csv", "write_parquet"]

COLUMNS: Mapping[str, type] = {
    "run": str,
    "agent": str,
    "competition": str,
    "complexity": str,
    "category": str,
    "seed": int,
    "outcome": str,
    "submitted": bool,
    "valid": bool,
    "score": float,
    "medal": str,
    "above_median": bool,
    "rank": int,
    "teams": int,
    "beaten": float,
    "gold": float,
    "silver": float,
    "bronze": float,
    "median": float,
    "lower_is_better": bool,
    "reason": str,
    "created_at": str,
    "seconds": float,
    "waited": float,
    "timed_out": bool,
    "ended_early": str,
    "out_of_memory": bool,
    "exit_status": int,
    "tries": int,
    "sandbox": str,
    "worker": str,
    "gpus": str,
    "cpus": float,
    "memory": int,
    "tokens": int,
    "cost": float,
    "requests": int,
    "models": str,
    "contacts": str,
    "snapshots": int,
    "fixed": bool,
    "problems": str,
    "folder": str,
}
"""The columns and their types; any may be empty.

As the fields of AttemptRecord, but `run` is the run's name, `beaten` the share of human teams beaten (0-1, ties half, 0
for a failure), `snapshots` a number, `contacts` the hosts that it was refused to reach, and texts in `gpus`, `models`,
`contacts` and `problems` are separated by blanks. Of an error of the
harness `submitted`, `valid`, `above_median` and `beaten` are empty: the agent had no chance.
"""


def rows(results: Iterable[Results]) -> Iterator[dict[str, Any]]:
    """The attempts in the order given, each with all of COLUMNS; None where a value is not known."""
    board = cache(packaged_board)
    for run in results:
        for record in run.records:
            yield _row(run.name, record, share_beaten(record, board(record.competition)))


def _row(run: str, record: AttemptRecord, beaten: float | None) -> dict[str, Any]:
    special: dict[str, Any] = {
        "run": run,
        "beaten": beaten,
        "gpus": " ".join(record.gpus) or None,
        "problems": " ".join(record.problems) or None,
        "snapshots": len(record.snapshots),
        "models": " ".join(record.models) or None,
        "contacts": " ".join(contact.host for contact in record.contacts if contact.refused) or None,
    }
    if record.outcome == "error":
        special |= dict.fromkeys(("submitted", "valid", "above_median", "beaten"))
    return {name: _writable(special[name] if name in special else getattr(record, name)) for name in COLUMNS}


def _writable(value: Any) -> Any:
    """Halves of surrogate pairs, which a text from JSON may hold, cannot be written as UTF-8."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else value


def write_csv(path: Path, results: Iterable[Results]) -> None:
    """Write all attempts to `path` as UTF-8 CSV, whole or not at all; raises OSError as the file system does.

    Truths are ``true`` and ``false``, what is not known is empty, and numbers read back to the same value.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_text(value) for value in row.values()] for row in rows(results))
    write_text(path, text.getvalue())


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)


def write_parquet(path: Path, results: Iterable[Results]) -> None:
    """Write all attempts to `path` as parquet, whole or not at all, each column of its type.

    Raises HarnessError where pyarrow is not installed, with the command that installs it, and OSError as the file
    system does.
    """
    pyarrow, parquet = load("pyarrow"), load("pyarrow.parquet")
    kinds = {str: pyarrow.string(), int: pyarrow.int64(), float: pyarrow.float64(), bool: pyarrow.bool_()}
    made: Sequence[Mapping[str, Any]] = list(rows(results))
    columns = {
        name: pyarrow.array([None if row[name] is None else kind(row[name]) for row in made], kinds[kind])
        for name, kind in COLUMNS.items()
    }
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        temporary = Path(folder) / path.name
        parquet.write_table(pyarrow.table(columns), temporary)
        temporary.replace(path)
