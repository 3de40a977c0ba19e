from __future__ import annotations

import json
import shutil
import stat
import subprocess

import pytest


def test_a_file_is_validated(http, server, temporary):
    expected = f"submission.csv {http.CSV!r}"
    assert http.upload(server) == (200, {"valid": True, "message": expected})
    assert not list(temporary.rglob("*.csv"))


def test_the_health_is_told(http, server):
    assert http.ask(server, "GET", "/health")[:2] == (200, {"status": "ok"})


def test_curl_and_requests_are_understood(http, serve):
    import requests

    server = serve()
    answer = requests.post(f"{server.address}/validate", files={"file": ("x.csv", http.CSV)}, timeout=60)
    assert (answer.status_code, answer.json()["valid"]) == (200, True)
    if shutil.which("curl"):
        output = subprocess.run(
            ["curl", "-s", "-F", "file=@-", f"{server.address}/validate"],
            input=http.CSV,
            capture_output=True,
            check=True,
        )
        assert json.loads(output.stdout)["valid"]


def test_a_refusal_is_passed_on(http, serve):
    server = serve(lambda path: (False, "the column id is missing"))
    assert http.upload(server) == (200, {"valid": False, "message": "the column id is missing"})


def test_a_hostile_message_stays_json(http, serve):
    server = serve(lambda path: (False, 'a"\r\n\x1b\udcff\u2028'))
    assert http.upload(server)[1]["message"] == 'a"\r\n\x1b\udcff\u2028'


def test_uploads_are_private(http, serve, temporary):
    modes = []

    def validate(path):
        for folder in path.parents:
            if folder == temporary:
                return True, ""
            modes.append(stat.S_IMODE(folder.stat().st_mode))
        return False, ""

    assert http.upload(serve(validate))[1]["valid"]
    assert modes[-1] == 0o700


def test_a_validator_that_fails_reveals_nothing(http, serve, caplog):
    server = serve(lambda path: (_ for _ in ()).throw(RuntimeError("the answer is 42")))
    status, value, _ = http.ask(server, "POST", "/validate", http.form(), http.FORM)
    assert status == 500
    assert "42" not in json.dumps(value)
    assert "try again later" in value["error"]
    assert "the answer is 42" in caplog.text  # for the host


@pytest.mark.parametrize(
    ("body", "content_type", "problem"),
    [
        (lambda form: b"id,x", "text/csv", "multipart form"),
        (lambda form: b"id,x", "application/x-www-form-urlencoded", "multipart form"),
        (lambda form: b"id,x", "", "multipart form"),
        (lambda form: None, "", "multipart form"),
        (lambda form: b"", "form", "`file` is missing"),
        (lambda form: form(field="data"), "form", "`file` is missing"),
        (lambda form: form(filename=""), "form", "`file` holds no file"),
        (lambda form: form()[:-20], "form", "`file` is missing"),
        (lambda form: b"\0\xff" * 5000, "form", "`file` is missing"),
        (lambda form: form(), "multipart/form-data", "`file` is missing"),
        (lambda form: form(), 'multipart/form-data; boundary="\xff"', "`file` is missing"),
    ],
    ids=range(11),
)
def test_a_request_without_a_file_is_told_how_to_send_one(http, server, body, content_type, problem):
    headers = http.FORM if content_type == "form" else {"Content-Type": content_type}
    status, value, _ = http.ask(server, "POST", "/validate", body(http.form), headers)
    assert status == 400
    assert problem in value["error"]
    assert "curl -F file=@submission.csv $MLEBENCH_VALIDATION_URL/validate" in value["error"]


@pytest.mark.parametrize(
    ("method", "path", "status", "allowed"),
    [
        ("GET", "/", 404, None),
        ("POST", "/health/../validate", 404, None),
        ("GET", "/validate", 405, "POST"),
        ("PUT", "/validate", 405, "POST"),
        ("POST", "/health", 405, "GET"),
    ],
)
def test_other_paths_and_methods(http, server, method, path, status, allowed):
    found, value, headers = http.ask(server, method, path, b"" if method != "GET" else None)
    assert found == status
    assert set(value) == {"error"}
    assert headers["Allow"] == allowed


@pytest.mark.parametrize("name", ["../../evil.csv", "/etc/passwd", "a\\0b", "x" * 5000, ""], ids=range(5))
def test_the_name_of_the_upload_decides_nothing(http, server, name):
    if name == "":
        assert http.ask(server, "POST", "/validate", http.form(filename='; filename=""'), http.FORM)[0] in (200, 400)
        return
    body = http.form(filename=f'; filename="{name}"')
    assert http.ask(server, "POST", "/validate", body, http.FORM)[1]["message"].startswith("submission.csv b'id")


def test_many_parts_are_refused(http, server):
    parts = b"".join(http.form(field=f"f{i}")[: -len(http.BOUNDARY) - 6] for i in range(40))
    status, value, _ = http.ask(server, "POST", "/validate", parts + http.form(), http.FORM)
    assert status == 413
    assert "refused" in value["error"]
