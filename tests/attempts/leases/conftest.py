"""A folder for leases, and processes that end with the test."""

from __future__ import annotations

from pathlib import Path

import pytest

from .processes import Process


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "leases"


@pytest.fixture
def start(folder):
    processes = []

    def start(*options: str, folder: Path = folder, **more) -> Process:
        processes.append(Process(folder, *options, **more))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
