"""Which Kaggle credentials are there, without reading more of them than must be."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["HOW_TO_GET", "Credentials", "find"]

HOW_TO_GET = (
    "make a token at https://www.kaggle.com/settings/api and save it as ~/.kaggle/access_token, or set "
    "KAGGLE_API_TOKEN to it (also taken: KAGGLE_USERNAME with KAGGLE_KEY, ~/.kaggle/kaggle.json, `kaggle auth login`)"
)


@dataclass(frozen=True)
class Credentials:
    """One set of credentials that the kaggle package would use; never their values."""

    kind: str
    """``access token``, ``legacy API key``, or ``OAuth login``."""
    where: str
    """The variable or file that holds them."""


def find() -> Credentials | None:
    """The first credentials in the order in which the kaggle package looks for them, or None."""
    return next(_all(), None)


def _all() -> Iterator[Credentials]:
    if os.environ.get("KAGGLE_API_TOKEN"):
        yield Credentials("access token", "KAGGLE_API_TOKEN")
    home = Path("~/.kaggle").expanduser()
    for name in ("access_token", "access_token.txt"):
        if _filled(home / name):
            yield Credentials("access token", str(home / name))
    if os.environ.get("KAGGLE_USERNAME") and os.environ.get("KAGGLE_KEY"):
        yield Credentials("legacy API key", "KAGGLE_USERNAME and KAGGLE_KEY")
    legacy = _config_folder(home) / "kaggle.json"
    if _filled(legacy):
        yield Credentials("legacy API key", str(legacy))
    if _filled(home / "credentials.json"):
        yield Credentials("OAuth login", str(home / "credentials.json"))


def _config_folder(home: Path) -> Path:
    if given := os.environ.get("KAGGLE_CONFIG_DIR"):
        return Path(given)
    if home.exists():
        return home
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path("~/.config").expanduser()) / "kaggle"


def _filled(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except OSError:
        return False
