"""The gateway's process from its start to its end."""

from __future__ import annotations

import importlib.util
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_mlebench.attempts.budget import Usage
from pytest_mlebench.attempts.gateway.process import GatewayProcess
from pytest_mlebench.attempts.gateway.session import GatewaySession
from pytest_mlebench.errors import HarnessError

from ...waiting import wait_for
from .asking import is_open
from .conftest import Opening


def a_process(folder: Path) -> GatewayProcess:
    return GatewayProcess(folder, model_url="http://127.0.0.1:9/v1", run_budget=None, spent=Usage())


def test_closed_it_leaves_nothing_but_its_log(opening: Opening, tmp_path: Path):
    process = a_process(tmp_path)
    with process:
        private = process.control.parent
        assert stat.S_IMODE(process.control.stat().st_mode) == 0o600
        assert stat.S_IMODE(private.stat().st_mode) == 0o700
        attempt, socket = opening(control=process.control), tmp_path / "model.sock"
        opening(control=process.control, socket=socket)
        pid, port = process.pid, int(attempt.address.rpartition(":")[2])
        assert socket.exists()
        assert is_open(port)
    assert not is_open(port)
    assert not socket.exists()
    assert not private.exists()
    assert not Path(f"/proc/{pid}").exists()
    assert (tmp_path / "gateway.log").read_text() == ""
    process.close()


def test_it_can_be_started_again(tmp_path: Path):
    process = a_process(tmp_path)
    for _ in range(2):
        process.start()
        process.start()
        assert process.control.exists()
        process.close()
    with pytest.raises(HarnessError, match="before it starts"):
        _ = process.control


def test_where_litellm_is_missing_the_extra_is_named(tmp_path: Path, monkeypatch):
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "litellm" else found(name))
    with pytest.raises(HarnessError, match=r"needs litellm; install it: pip install 'pytest-mlebench\[gateway\]'"):
        a_process(tmp_path).start()


def test_one_that_does_not_start_has_its_last_words_told(tmp_path: Path, monkeypatch):
    (tmp_path / "aiohttp.py").write_text("raise ImportError('this copy of it is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(HarnessError, match=r"did not start: .*this copy of it is broken.*gateway\.log"):
        a_process(tmp_path).start()


def test_one_whose_litellm_is_broken_ends(opening: Opening, tmp_path: Path, monkeypatch):
    (tmp_path / "litellm.py").write_text("raise ImportError('this copy of it is broken')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with a_process(tmp_path) as process:
        wait_for(lambda: process.pid is None)
        with pytest.raises(HarnessError, match="gateway cannot be reached"):
            opening(control=process.control)
    assert "this copy of it is broken" in (tmp_path / "gateway.log").read_text()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path):
    with pytest.raises(HarnessError, match=r"cannot start the model gateway: .*no-such-folder"):
        a_process(tmp_path / "no-such-folder").start()


def test_an_attempt_that_it_cannot_serve_is_refused_in_a_line(gateway, tmp_path: Path):
    socket = tmp_path / "no-folder" / "model.sock"
    attempt = GatewaySession(
        gateway.control, name="some-0", socket=socket, transcript=tmp_path / "t.jsonl", budget=None
    )
    with pytest.raises(HarnessError, match=r"cannot listen for the attempt some-0: .*no-folder"):
        attempt.__enter__()


@pytest.mark.parametrize("said", ["soon", "-1", "nan"])
def test_a_patience_that_is_none_is_refused(tmp_path: Path, monkeypatch, said: str):
    monkeypatch.setenv("MLEBENCH_MODEL_PATIENCE", said)
    with pytest.raises(HarnessError, match="MLEBENCH_MODEL_PATIENCE must be a number of seconds"):
        a_process(tmp_path)


def test_whoever_starts_it_loads_none_of_its_libraries():
    # This test's own modules have them; a process that has not, shows.
    code = (
        "import sys; import pytest_mlebench.attempts.gateway.process, pytest_mlebench.attempts.gateway.session; "
        "print({'litellm', 'aiohttp', 'openai', 'httpx'} & set(sys.modules))"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert told.stdout.strip() == "set()"
