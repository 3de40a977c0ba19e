"""Who started a container or process, in a form that tells later whether that process still lives."""

from __future__ import annotations

import functools
import os
import subprocess
import sys
from pathlib import Path

__all__ = ["here", "is_gone"]


def here() -> str:
    """This process as ``pid:start:machine``: no later process, on this or another machine, has the same."""
    return f"{os.getpid()}:{_start_time(os.getpid())}:{_machine()}"


def is_gone(owner: str) -> bool:
    """Whether the process that `owner` names has ended.

    False for processes of another machine or container, and for text that is no owner: nothing is known of those.
    """
    pid, _, rest = owner.partition(":")
    start, _, machine = rest.partition(":")
    if not pid.isdecimal() or machine != _machine():
        # Another boot of this machine is known to be over; anything else may be alive where we cannot see it.
        return pid.isdecimal() and _is_earlier_boot(machine)
    return _start_time(int(pid)) != start


def _start_time(pid: int) -> str | None:
    """When the process started, to the kernel's precision; None where there is no such process."""
    if sys.platform.startswith("linux"):
        try:
            # The name in parentheses may hold anything, so count from the last parenthesis.
            fields = Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    answer = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return "_".join(answer.stdout.split()).replace(":", ".") or None


@functools.cache
def _machine() -> str:
    """The machine's id, this boot's id and the process namespace, joined by dots."""
    return ".".join((_machine_id(), _boot(), _namespace()))


def _is_earlier_boot(machine: str) -> bool:
    parts, ours = machine.split("."), _machine().split(".")
    return len(parts) == 3 and parts[0] == ours[0] != "unknown" and parts[1] != ours[1] and "unknown" not in parts


def _machine_id() -> str:
    try:
        return Path("/etc/machine-id").read_text().strip()[:32] or "unknown"
    except OSError:
        return "unknown" if sys.platform.startswith("linux") else os.uname().nodename.replace(".", "-")


def _boot() -> str:
    if sys.platform.startswith("linux"):
        try:
            return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        except OSError:
            return "unknown"
    answer = subprocess.run(["sysctl", "-n", "kern.boottime"], capture_output=True, text=True, check=False)
    return "".join(c for c in answer.stdout.partition("}")[0] if c.isdecimal()) or "unknown"


def _namespace() -> str:
    try:
        return "".join(c for c in str(Path("/proc/self/ns/pid").readlink()) if c.isdecimal())
    except OSError:
        return "0"
