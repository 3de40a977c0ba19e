"""Asking pytest what plugins and conftest.py files register here; it loads them as in a run, and collects nothing."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.cli.errors import complain
from pytest_mlebench.competition import Competition
from pytest_mlebench.errors import HarnessError, UnknownNameError

if TYPE_CHECKING:
    import pytest

__all__ = ["ask_pytest", "find_competition"]

_Answer = TypeVar("_Answer")


def ask_pytest(question: Callable[[pytest.Config], _Answer]) -> _Answer:
    """What `question` makes of pytest's configuration in this directory; raises HarnessError where pytest fails."""
    import pytest

    answers: list[_Answer] = []

    class Recorder:
        @pytest.hookimpl(tryfirst=True)
        def pytest_cmdline_main(self, config: pytest.Config) -> int:
            answers.append(question(config))
            return 0

    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        # An agent that the ini file names must not start a run here.
        pytest.main(["-o", "mlebench_agent=", "-p", "no:cacheprovider"], plugins=[Recorder()])
    if not answers:
        lines = [line for line in said.getvalue().splitlines() if line.strip()]
        for line in lines[:-1]:
            complain(line)
        why = lines[-1] if lines else "it does not say why"
        raise HarnessError(f"pytest cannot load its plugins and conftest.py files here: {why}")
    return answers[0]


def find_competition(id: str) -> Competition:
    """The packaged competition of that id, else the one that a plugin or conftest.py here adds.

    Raises UnknownNameError naming the near ones.
    """
    try:
        return Catalog().get(id)
    except UnknownNameError:
        from pytest_mlebench.registration import competitions

        return ask_pytest(competitions).get(id)
