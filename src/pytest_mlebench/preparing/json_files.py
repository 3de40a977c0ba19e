"""JSON files as the published data were read and written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pytest_mlebench.errors import HarnessError

__all__ = ["read_json", "write_json"]


def read_json(path: Path, encoding: str = "utf-8") -> Any:
    """What a JSON file holds; raises HarnessError where it is not there or is no JSON."""
    try:
        with path.open(encoding=encoding) as file:
            return json.load(file)
    except FileNotFoundError as error:
        raise HarnessError(f"there is no file {path}: are the raw data complete?") from error
    except ValueError as error:
        raise HarnessError(f"{path} is not a JSON file: download it again ({error})") from error


def write_json(value: Any, path: Path, **options: Any) -> None:
    """Write `value` as `json.dump` does, ASCII only and without a final newline; `options` are passed on to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="ascii") as file:
        file.writelines(json.JSONEncoder(**options).iterencode(value))
