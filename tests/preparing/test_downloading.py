from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.downloading import download


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        found = self.path != "/nothing"
        self.send_response(200 if found else 404)
        self.send_header("Content-Length", "9" if self.path == "/short" else "5")
        self.end_headers()
        self.wfile.write(b"bytes")

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


def test_a_file_is_fetched(server, tmp_path):
    download(f"{server}/file", tmp_path / "file.zip")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file.zip", b"bytes")]


@pytest.mark.parametrize("what", ["nothing", "short"])
def test_what_does_not_come_whole_leaves_nothing_and_says_where_to_put_it(server, tmp_path, what):
    with pytest.raises(HarnessError, match=rf"cannot download {server}/{what} \(.*\): .*put it at .*file\.zip"):
        download(f"{server}/{what}", tmp_path / "file.zip")
    assert list(tmp_path.iterdir()) == []


def test_no_server_is_told_in_one_line(tmp_path):
    with pytest.raises(HarnessError, match="cannot download") as caught:
        download("http://127.0.0.1:9/file", tmp_path / "file.zip")
    assert "\n" not in str(caught.value)
