"""Whether somebody works on a run, as far as this machine can tell without touching anything."""

from __future__ import annotations

import sys
from pathlib import Path

__all__ = ["is_led"]


def is_led(run: Path) -> bool | None:
    """Whether a pytest of this machine leads `run`; None where the system does not say.

    Locks are looked up and not tried: to try one could turn away a pytest that wants it in the same instant.
    """
    if not sys.platform.startswith("linux"):
        return None
    try:
        inode = (run / "lead.lock").stat().st_ino
        locks = Path("/proc/locks").read_text()
    except FileNotFoundError:
        return False
    except OSError:
        return None
    return any(_is_held(line.split(), inode) for line in locks.splitlines())


def _is_held(fields: list[str], inode: int) -> bool:
    # "2: FLOCK  ADVISORY  WRITE 22507 fe:00:2146309 0 EOF"; the device differs from stat's on layered file systems.
    return len(fields) >= 6 and fields[1] == "FLOCK" and fields[5].rpartition(":")[2] == str(inode)
