"""The files of the public folder: tables, the sample submission, the description, images."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

__all__ = ["IMAGES", "Table", "description", "find_files", "find_sample", "find_tables", "read"]

IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".gif", ".webp")
_TABLES = (".csv", ".tsv", ".csv.zip", ".csv.gz", ".tsv.zip", ".jsonl", ".json")
MOST_ROWS = 200_000
"""Of larger train tables, the first rows are read only."""


@dataclass
class Table:
    """A table file: where it is, and its columns."""

    path: Path
    columns: list[str]

    @property
    def name(self) -> str:
        """The file's name without its suffixes, in lower case."""
        return self.path.name.split(".")[0].lower()


def read(path: Path, rows: int | None = None) -> pd.DataFrame:
    """The table in a file, or its first rows; raises ValueError or OSError where it is none."""
    name = path.name.lower()
    if name.endswith((".json", ".jsonl")):
        table = pd.read_json(path, lines=name.endswith(".jsonl"))
        return table if rows is None else table.head(rows)
    return pd.read_csv(path, nrows=rows, sep="\t" if ".tsv" in name else ",", low_memory=False)


def find_files(folder: Path, most: int = 1_000_000) -> list[str]:
    """Paths of the files below `folder`, relative to it, sorted; at most `most`."""
    found = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        relative = os.path.relpath(parent, folder)
        found += [name if relative == "." else f"{relative}/{name}" for name in names]
        if len(found) > most:
            break
    return sorted(found[:most])


def find_tables(folder: Path, files: list[str]) -> list[Table]:
    """The tables among the files that lie not deeper than one folder, as far as they can be read."""
    tables = []
    for file in files:
        if not file.lower().endswith(_TABLES) or file.count("/") > 1:
            continue
        try:
            tables.append(Table(folder / file, [str(column) for column in read(folder / file, 5).columns]))
        except (OSError, ValueError, ImportError):
            continue
    return tables


def find_sample(tables: list[Table]) -> Table | None:
    """The sample submission among the tables, by its name."""
    for pattern in (r"sample_submission", r"sample.*submission|submission.*sample", r"submission"):
        if found := [table for table in tables if re.search(pattern, table.name)]:
            return min(found, key=lambda table: (len(table.path.parts), table.name))
    return None


def description(folder: Path) -> str:
    """The description in lower case; "" where there is none."""
    try:
        return (folder / "description.md").read_text(encoding="utf-8", errors="replace").lower()
    except OSError:
        return ""
