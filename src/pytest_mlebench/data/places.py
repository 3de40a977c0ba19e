"""Where the data of a competition lies below the cache folder."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Places", "PreparedData", "default_root"]


@dataclass(frozen=True)
class PreparedData:
    """The two folders that a prepared competition consists of, as absolute paths."""

    public: Path
    """What an agent sees."""
    private: Path
    """The answers; never enters a sandbox."""

    @property
    def obfuscated_description(self) -> Path:
        """The obfuscated description of the repaired variant; of other data it is in the competition's folder."""
        return self.public.parent / "description_obfuscated.md"

    @property
    def record(self) -> Path:
        """prepared.json: which versions prepared it, when, and from what."""
        return self.public.parent / "prepared.json"


def default_root() -> Path:
    """The cache folder: $MLEBENCH_CACHE_DIR, or ``pytest-mlebench`` in the user's cache folder."""
    if given := os.environ.get("MLEBENCH_CACHE_DIR"):
        return Path(given).expanduser().absolute()
    import platformdirs

    return platformdirs.user_cache_path("pytest-mlebench")


@dataclass(frozen=True)
class Places:
    """The folders and files of one competition, some of which may not exist."""

    home: Path
    fixed: bool = False
    """Whether the repaired variant is meant; raw data serve both."""

    @property
    def raw(self) -> Path:
        """The download, unpacked; there only when it is whole."""
        return self.home / "raw"

    @property
    def raw_record(self) -> Path:
        """raw.json: where raw/ comes from, and the checksum of the archive."""
        return self.home / "raw.json"

    @property
    def download(self) -> Path:
        """Where a download goes on from where it broke off."""
        return self.home / "download"

    @property
    def prepared(self) -> PreparedData:
        """The prepared folders; they come by one rename, so they are there only when they are whole."""
        folder = self.home / ("fixed" if self.fixed else "prepared")
        return PreparedData(folder / "public", folder / "private")

    @property
    def original_description(self) -> Path:
        """The text of Kaggle's own pages, where it was asked for."""
        return self.home / "description_original.md"

    @property
    def lock(self) -> Path:
        """Held by the process that prepares."""
        return self.home / "prepare.lock"

    def is_prepared(self) -> bool:
        """Whether the prepared folders are there; costs three stats."""
        data = self.prepared
        return data.record.is_file() and data.public.is_dir() and data.private.is_dir()
