"""What this machine has, and what an attempt gets of it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.quantities import format_size
from pytest_mlebench.sandboxes import Limits

__all__ = ["Gpu", "Machine", "describe_share", "select_gpus"]


@dataclass(frozen=True)
class Gpu:
    """One NVIDIA GPU."""

    id: str
    name: str
    memory: str
    uuid: str = ""
    """As ``nvidia-smi -L`` shows it."""


@dataclass(frozen=True)
class Machine:
    """The machine that a run executes on."""

    cpus: int
    memory: int
    """Bytes."""
    gpus: tuple[Gpu, ...]
    system: str

    @classmethod
    def here(cls) -> Machine:
        """Look at this machine; GPUs are asked of nvidia-smi."""
        cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        return cls(cpus, memory, _gpus(), f"{platform.system()} {platform.release()} {platform.machine()}")


def _gpus() -> tuple[Gpu, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    query = [program, "--query-gpu=index,name,memory.total,uuid", "--format=csv,noheader"]
    try:
        answer = subprocess.run(query, capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    rows = [[cell.strip() for cell in line.split(",")] for line in answer.splitlines()]
    return tuple(Gpu(*row) for row in rows if len(row) == 4)


def select_gpus(asked: str, machine: Machine, *, used: bool = True) -> tuple[str, ...]:
    """Device ids for ``auto``, ``none``, ``all`` or a list such as ``0,1``.

    ``auto`` are all that are there, or none where they are not `used`. Raises HarnessError where ``all`` finds none.
    """
    if asked == "none" or (asked == "auto" and not used):
        return ()
    if asked in ("auto", "all"):
        if asked == "all" and not machine.gpus:
            raise HarnessError(
                "--mlebench-gpus=all: nvidia-smi finds no GPU on this machine; install the driver or say none"
            )
        return tuple(gpu.id for gpu in machine.gpus)
    # One spelling of each, or one device could be lent twice.
    known = {gpu.uuid: gpu.id for gpu in machine.gpus}
    named = (part.strip() for part in asked.split(",") if part.strip())
    ids = tuple(dict.fromkeys(known.get(name, name) for name in named))
    if not ids:
        raise HarnessError(f"--mlebench-gpus={asked}: name device ids like 0,1, or say auto, all or none")
    return ids


def describe_share(machine: Machine, limits: Limits, gpus: tuple[str, ...]) -> str:
    """What an attempt may use, for its instructions: ``2 CPUs, 23.5 GB of memory, no GPU``."""
    cpus = min(limits.cpus or machine.cpus, machine.cpus)
    memory = min(limits.memory or machine.memory, machine.memory)
    names = {gpu.id: f"{gpu.name} ({gpu.memory})" for gpu in machine.gpus}
    graphics = ", ".join(names.get(gpu, f"GPU {gpu}") for gpu in gpus) or "no GPU"
    return f"{cpus:g} CPU{'s' if cpus != 1 else ''}, {format_size(memory)} of memory, {graphics}"
