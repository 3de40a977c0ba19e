"""Libraries that few need: extras of this package, imported where they are used, named where they are missing."""

from __future__ import annotations

import importlib
import importlib.util
from types import ModuleType

from pytest_mlebench.errors import HarnessError

__all__ = ["EXTRAS", "is_installed", "load"]

EXTRAS = {
    "aiohttp": "gateway",
    "litellm": "gateway",
    "mcp": "gateway",
    "py7zr": "7z",
    "bson": "bson",
    "pyarrow": "parquet",
    "shapely": "boxes",
    "jinja2": "report",
    "matplotlib": "report",
}
"""For each module the extra of this package that installs it."""


def load(module: str) -> ModuleType:
    """Import `module`, one of `EXTRAS` or a submodule; raises HarnessError with the command that installs it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        raise HarnessError(
            f"{package} is needed here and cannot be imported ({error}); "
            f"install it: pip install 'pytest-mlebench[{EXTRAS[package]}]'"
        ) from error


def is_installed(module: str) -> bool:
    """Whether `module` is there, without importing it."""
    return importlib.util.find_spec(module) is not None
