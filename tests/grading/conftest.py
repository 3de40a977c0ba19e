from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.service import GradingService
from pytest_mlebench.grading.submission import find_submission, read_submission

TOML = """
id = "{id}"
title = "Toy"
category = "toy"
complexity = "builtin"
source = "builtin"
answers = "answers.csv"
sample_submission = "sample_submission.csv"
[metric]
name = "mean"
lower_is_better = false
"""


class Toy:
    """A competition in a folder of its own, with prepared data, whose grader a test writes."""

    def __init__(self, root: Path, grader: str) -> None:
        self.folder, self.private, self.public = root / "toy", root / "prepared/private", root / "prepared/public"
        for folder in (self.folder, self.private, self.public):
            folder.mkdir(parents=True)
        (self.folder / "competition.toml").write_text(TOML.format(id="toy"))
        (self.folder / "leaderboard.csv").write_text("score\n" + "".join(f"{10 - i}\n" for i in range(10)))
        (self.folder / "task.py").write_text("import os, signal, sys, time\n" + grader)
        (self.private / "answers.csv").write_text("id,x\n1,1\n2,2\n")
        (self.public / "sample_submission.csv").write_text("id,x\n1,0\n2,0\n")
        self._root, self._count = root, 0

    def submission(self, text: str) -> Path:
        self._count += 1
        path = self._root / f"submissions-{self._count}" / "submission.csv"
        path.parent.mkdir()
        path.write_text(text)
        return path


@pytest.fixture
def toy(tmp_path: Path) -> Callable[[str], Toy]:
    return lambda grader: Toy(tmp_path, grader)


@pytest.fixture
def service() -> Iterator[GradingService]:
    with GradingService(timeout=60) as service:
        yield service


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where an agent leaves its submission."""
    (tmp_path / "submission").mkdir()
    return tmp_path / "submission" / "submission.csv"


@pytest.fixture
def refusal() -> Callable[..., str]:
    """Why a submission is refused; a refusal is quick, whatever it is about, and one line without the host's paths."""

    def refusal(path: Path, **options: Any) -> str:
        start = time.thread_time()
        with pytest.raises(InvalidSubmissionError) as error:
            read_submission(path, **options)
        assert time.thread_time() - start < 2
        text = str(error.value)
        assert "\n" not in text
        assert str(path.parent.parent) not in text
        assert find_submission(path.parent) in (None, path)
        return text

    return refusal
