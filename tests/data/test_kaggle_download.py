"""Downloads by the real kaggle package from a server that plays Kaggle."""

from __future__ import annotations

import gc
import io
import random
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from pytest_mlebench.data import kaggle
from pytest_mlebench.data.progress import Step
from pytest_mlebench.errors import HarnessError

# Kaggle's package closes no session; what it leaves is collected before the next test, whose fault it is not.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")

TOKEN = "token-that-must-not-be-shown"
SIGNATURE = "signature-that-must-not-be-shown"


@pytest.fixture
def archive(kaggle_server):
    """An archive of three megabytes that does not compress."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as made:
        made.writestr("train.bin", random.Random(0).randbytes(3_000_000))
    kaggle_server.archives["toy"] = data.getvalue()
    return data.getvalue()


@pytest.fixture
def token(monkeypatch):
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN)


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(kaggle, "_FIRST_WAIT", 0.01)
    yield
    gc.collect()


def download(folder: Path) -> tuple[Path, list[Step]]:
    steps: list[Step] = []
    return kaggle.download("toy", folder, progress=steps.append), steps


def refusal(folder: Path) -> str:
    with pytest.raises(HarnessError) as caught:
        download(folder)
    text = str(caught.value)
    assert "\n" not in text
    assert TOKEN not in text
    assert SIGNATURE not in text
    return text


def test_follows_the_redirect_and_gives_the_whole_archive(kaggle_server, archive, token, tmp_path, capfd):
    path, steps = download(tmp_path / "d")
    assert path == tmp_path / "d" / "toy.zip"
    assert path.read_bytes() == archive
    assert kaggle_server.authorizations == [f"Bearer {TOKEN}"]
    assert kaggle_server.given_to_storage == [None], "credentials went to the storage host"
    assert [p.name for p in path.parent.iterdir()] == ["toy.zip"]
    assert steps[-1].doing == "downloading"
    assert steps[-1].done == steps[-1].total == len(archive)
    assert capfd.readouterr() == ("", "")


def test_goes_on_after_the_connection_broke(kaggle_server, archive, token, tmp_path):
    # Each try sees the head of the whole archive first, then asks for the rest.
    whole = 10**9
    kaggle_server.break_after = [1_200_000, whole, 1_200_000]
    path, steps = download(tmp_path / "d")
    assert path.read_bytes() == archive
    assert kaggle_server.ranges == [None, None, "bytes=1048576-", None, "bytes=2097152-"]
    assert any("connection broke" in step.doing for step in steps)


def test_goes_on_in_a_later_call(kaggle_server, archive, token, tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle, "_TRIES", 1)
    kaggle_server.break_after = [2_000_000]
    text = refusal(tmp_path / "d")
    assert "run it again to go on" in text
    have = (tmp_path / "d" / "toy.zip").stat().st_size
    assert 0 < have < len(archive)
    kaggle_server.ranges.clear()
    path, _ = download(tmp_path / "d")
    assert path.read_bytes() == archive
    assert kaggle_server.ranges[-1] == f"bytes={have}-"


def test_starts_anew_where_the_archive_changed_meanwhile(kaggle_server, archive, token, tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle, "_TRIES", 1)
    kaggle_server.break_after = [2_000_000]
    refusal(tmp_path / "d")
    kaggle_server.etag = '"two"'
    kaggle_server.archives["toy"] = archive[::-1]
    path, _ = download(tmp_path / "d")
    assert path.read_bytes() == archive[::-1]


def test_gives_up_where_nothing_comes(kaggle_server, archive, token, tmp_path):
    kaggle_server.break_after = [0] * 50
    assert "the connection to Kaggle fails" in refusal(tmp_path / "d")
    assert kaggle_server.calls.count("DownloadDataFiles") == kaggle._TRIES


def test_does_not_download_again_what_is_whole(kaggle_server, archive, token, tmp_path):
    download(tmp_path / "d")
    kaggle_server.break_after = [0] * 50
    path, _ = download(tmp_path / "d")
    assert path.read_bytes() == archive


def test_rules_not_accepted_gives_the_page(kaggle_server, archive, token, tmp_path):
    kaggle_server.answers = [(403, {}, "You must accept this competition's rules before you'll be able to download.")]
    assert "https://www.kaggle.com/competitions/toy/rules" in refusal(tmp_path / "d")
    assert kaggle_server.calls.count("DownloadDataFiles") == 1


def test_refused_credentials_are_named_by_their_place(kaggle_server, archive, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_USERNAME", "someone")
    monkeypatch.setenv("KAGGLE_KEY", TOKEN)
    kaggle_server.answers = [(401, {}, "Unauthenticated")]
    text = refusal(tmp_path / "d")
    assert "(401)" in text
    assert "KAGGLE_USERNAME and KAGGLE_KEY" in text


def test_an_invalid_token_is_said_to_be_so(kaggle_server, archive, monkeypatch, tmp_path):
    monkeypatch.setenv("KAGGLE_API_TOKEN", TOKEN + "-wrong")
    assert "does not accept the access token in KAGGLE_API_TOKEN" in refusal(tmp_path / "d")


def test_missing_credentials_name_files_and_variables(kaggle_server, archive, tmp_path, capfd):
    text = refusal(tmp_path / "d")
    for word in ("no Kaggle credentials", "~/.kaggle/access_token", "KAGGLE_API_TOKEN", "kaggle.json", "KAGGLE_KEY"):
        assert word in text
    assert capfd.readouterr() == ("", ""), "the package's own help was printed"


def test_an_unknown_competition_is_said_to_be_so(kaggle_server, token, tmp_path):
    assert "(404)" in refusal(tmp_path / "d")


def test_waits_as_long_as_kaggle_asks(kaggle_server, archive, token, tmp_path):
    kaggle_server.answers = [(429, {"Retry-After": "1"}, "Too many requests")]
    path, steps = download(tmp_path / "d")
    assert path.read_bytes() == archive
    assert any("Kaggle asks to wait, going on in 1.0s" in step.doing for step in steps)


def test_does_not_wait_for_an_hour(kaggle_server, archive, token, tmp_path):
    kaggle_server.answers = [(429, {"Retry-After": "3600"}, "Too many requests")]
    text = refusal(tmp_path / "d")
    assert "(429)" in text
    assert "try again in 1h 00m" in text


def test_tries_again_after_an_error_of_the_server(kaggle_server, archive, token, tmp_path):
    kaggle_server.answers = [(503, {}, "Unavailable")] * 2
    path, _ = download(tmp_path / "d")
    assert path.read_bytes() == archive


def test_nobody_there(kaggle_server, token, tmp_path, monkeypatch):
    from kagglesdk import kaggle_env

    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, "http://127.0.0.1:9")
    assert "Connection refused" in refusal(tmp_path / "d")


def test_too_little_room_is_said_before_a_byte_is_written(kaggle_server, archive, token, tmp_path, monkeypatch):
    monkeypatch.setattr("pytest_mlebench.data.disk.free_space", lambda folder: 5_000_000)
    text = refusal(tmp_path / "d")
    assert "needs 8.6 MB" in text
    assert "4.8 MB are free" in text
    assert "make room for 3.8 MB more" in text
    assert str(tmp_path / "d") in text
    assert not list((tmp_path / "d").iterdir())


def test_room_is_checked_before_kaggle_is_asked_where_the_size_is_known(kaggle_server, archive, token, tmp_path):
    with pytest.raises(HarnessError, match=r"needs \d+\.\d TB"):
        kaggle.download("toy", tmp_path / "d", known_bytes=10**15, progress=lambda step: None)
    assert kaggle_server.calls == []


def test_an_error_page_in_place_of_the_archive_is_not_kept(kaggle_server, archive, token, tmp_path, monkeypatch):
    """A storage server that answers a resumed download with an error page must not spoil the file."""
    monkeypatch.setattr(kaggle, "_TRIES", 1)
    kaggle_server.break_after = [2_000_000]
    refusal(tmp_path / "d")
    # The head of the whole, so that the download is resumed; then, the signed address having expired, error pages.
    kaggle_server.storage_answers = [None, (403, b"<Error>expired</Error>"), (403, b"<Error>expired</Error>")]
    refusal(tmp_path / "d")
    assert not (tmp_path / "d" / "toy.zip").exists()


def test_a_server_that_falls_silent_is_not_waited_for(kaggle_server, archive, token, tmp_path, monkeypatch):
    monkeypatch.setattr(kaggle, "_SILENCE", 4.0)
    kaggle_server.stalls = 1
    path, steps = download(tmp_path / "d")
    assert path.read_bytes() == archive
    assert sum("connection broke" in step.doing for step in steps) == 1


SILENT = """
import sys
from pathlib import Path
from pytest_mlebench.data import kaggle
from pytest_mlebench.errors import HarnessError
kaggle._SILENCE = kaggle._FIRST_WAIT = 0.2
kaggle._TRIES = 2
try:
    kaggle.download("toy", Path(sys.argv[1]), progress=lambda step: None)
except HarnessError as error:
    print(error)
"""


@pytest.mark.parametrize("method", ["IntrospectToken", "DownloadDataFiles"])
def test_a_call_that_is_never_answered_ends(kaggle_server, archive, token, tmp_path, method):
    """In a process of its own, since the package makes its first call when it is imported."""
    kaggle_server.silent_on.add(method)
    command = [sys.executable, "-c", SILENT, str(tmp_path / "d")]
    said = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert said.stdout.startswith("the connection to Kaggle fails (")
    assert said.stdout.count("\n") == 1
    assert said.stderr == ""
