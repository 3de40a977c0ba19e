"""A home without credentials, a small competition that can be made to stop midway, and a server that plays Kaggle."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pytest_mlebench.competition import Competition

from ..toy import write_toy

TOKEN = "token-that-must-not-be-shown"
SIGNATURE = "signature-that-must-not-be-shown"

# Touches $TOY_STARTED once it has begun to write, appends to $TOY_LOG, and waits while $TOY_WAIT exists.
TASK = """
import os, shutil, time
from pathlib import Path


def prepare(raw, public, private):
    shutil.copy(raw / "train.csv", public / "train.csv")
    if "TOY_LOG" in os.environ:
        with open(os.environ["TOY_LOG"], "a") as log:
            log.write(f"{os.getpid()}\\n")
    if "TOY_STARTED" in os.environ:
        Path(os.environ["TOY_STARTED"]).touch()
    while "TOY_WAIT" in os.environ and Path(os.environ["TOY_WAIT"]).exists():
        time.sleep(0.02)
    if "TOY_BYTES" in os.environ:
        (public / "large.bin").write_bytes(bytes(int(os.environ["TOY_BYTES"])))
    (public / "sample_submission.csv").write_text("id,y\\n0,0\\n1,0\\n")
    (private / "test.csv").write_text("id,y\\n0,0\\n1,1\\n")


def grade(submission, answers):
    return float((submission["y"] == answers["y"]).mean())
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home of its own, and no variable of the person who runs the tests."""
    for name in list(os.environ):
        if name.startswith(("KAGGLE_", "MLEBENCH_", "XDG_", "TOY_")):
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    (home / ".kaggle").mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    # The environment's site-packages come first: nothing else may shadow the package.
    monkeypatch.delenv("PYTHONPATH", raising=False)
    return home


@pytest.fixture
def toy(tmp_path: Path) -> Competition:
    folder = write_toy(tmp_path / "competitions" / "toy", complexity="dev", source="kaggle", task=TASK)
    with (folder / "competition.toml").open("a") as toml:  # its last table is [reference]
        toml.write("sample_submission_score = 0.5\n")
    (folder / "description.md").write_text("# Toy\n")
    return Competition.read(folder)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    folder = tmp_path / "given"
    folder.mkdir()
    (folder / "train.csv").write_text("id,y\n7,1\n")
    return folder


class KaggleStandIn(ThreadingHTTPServer):
    """Answers the few calls that a download makes, as Kaggle does, or as a test says."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.archives: dict[str, bytes] = {}
        self.pages: dict[str, list[dict[str, str]]] = {}
        """The text pages of competitions."""
        self.answers: list[tuple[int, dict[str, str], str]] = []
        """Error answers (status, headers, message) to give to download calls first, in order."""
        self.break_after: list[int] = []
        """Bytes after which the transfers that come next are broken off."""
        self.storage_answers: list[tuple[int, bytes] | None] = []
        """What the storage answers first, in order; None for the archive."""
        self.stalls = 0
        """How many transfers stop halfway and stay open."""
        self.silent_on: set[str] = set()
        """Methods that are never answered."""
        self.ended = threading.Event()
        self.etag = '"one"'
        self.calls: list[str] = []
        self.ranges: list[str | None] = []
        self.authorizations: list[str | None] = []
        self.given_to_storage: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: Any) -> None:
        """Connections that tests break are no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: KaggleStandIn

    def log_message(self, *_: Any) -> None:
        pass

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        method = self.path.rpartition("/")[2]
        self.server.calls.append(method)
        if method in self.server.silent_on:
            self.server.ended.wait(600)
            return
        if method == "IntrospectToken":
            active = body["token"] == TOKEN
            self._json(200, {"active": active, "username": "someone"} if active else {"active": False})
        elif method == "DownloadDataFiles":
            self.server.authorizations.append(self.headers["Authorization"])
            if self.server.answers:
                status, headers, message = self.server.answers.pop(0)
                self._json(status, {"code": status, "message": message}, headers)
            elif body["competitionName"] not in self.server.archives:
                self._json(404, {"code": 404, "message": "Not found"})
            else:
                port = self.server.server_address[1]
                # Another host than the API's, as in the real one: credentials must not go there.
                place = f"http://localhost:{port}/storage/{body['competitionName']}.zip?Signature={SIGNATURE}"
                self._head(302, {"Location": place, "Content-Length": "0"})
        elif method == "ListCompetitionPages" and body["competitionName"] in self.server.pages:
            self._json(200, {"pages": self.server.pages[body["competitionName"]]})
        else:
            self._json(404, {"code": 404, "message": f"{method} is not played"})

    def do_GET(self) -> None:
        self.server.given_to_storage.append(self.headers["Authorization"])
        self.server.ranges.append(self.headers["Range"])
        if self.server.storage_answers and (answer := self.server.storage_answers.pop(0)):
            self._head(answer[0], {"Content-Length": str(len(answer[1]))})
            self.wfile.write(answer[1])
            return
        data = self.server.archives[self.path.rpartition("/")[2].partition(".zip")[0]]
        first, status = 0, 200
        headers = {
            "ETag": self.server.etag,
            "Last-Modified": formatdate(1_700_000_000, usegmt=True),
            "Accept-Ranges": "bytes",
            "Content-Type": "application/zip",
        }
        if self.headers["Range"] and self.headers["If-Range"] in (None, self.server.etag):
            first, status = int(self.headers["Range"].removeprefix("bytes=").rstrip("-")), 206
            headers["Content-Range"] = f"bytes {first}-{len(data) - 1}/{len(data)}"
        self._head(status, {**headers, "Content-Length": str(len(data) - first)})
        until = len(data)
        if self.server.break_after:
            until = min(until, first + self.server.break_after.pop(0))
        if self.server.stalls:
            self.server.stalls -= 1
            self.wfile.write(data[first : len(data) // 2])
            self.server.ended.wait(600)
            return
        self.wfile.write(data[first:until])
        if until < len(data):
            self.wfile.flush()
            self.close_connection = True

    def _json(self, status: int, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode()
        self._head(status, {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})})
        self.wfile.write(body)

    def _head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()


# Points the kaggle package at the stand-in, in processes that tests start.
SITECUSTOMIZE = """
import importlib.machinery, os, sys


class _Point:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name != "kagglesdk.kaggle_env":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        run = spec.loader.exec_module

        def exec_module(module):
            run(module)
            module._env_to_endpoint[module.KaggleEnv.PROD] = os.environ["KAGGLE_STAND_IN_URL"]

        spec.loader.exec_module = exec_module
        return spec


sys.meta_path.insert(0, _Point)
"""


@pytest.fixture
def kaggle_server(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[KaggleStandIn]:
    """Plays Kaggle to the real kaggle package, in this process and in those it starts."""
    from kagglesdk import kaggle_env

    server = KaggleStandIn()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    monkeypatch.setitem(kaggle_env._env_to_endpoint, kaggle_env.KaggleEnv.PROD, server.url)
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(SITECUSTOMIZE)
    monkeypatch.setenv("PYTHONPATH", str(folder))
    monkeypatch.setenv("KAGGLE_STAND_IN_URL", server.url)
    monkeypatch.setenv("NO_PROXY", "*")
    yield server
    server.ended.set()
    server.shutdown()
    thread.join()
    server.server_close()
