"""What an attempt may reach: the policy that is asked for or that the agent calls for, and what becomes known of it."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

AGENT = """
def pytest_mlebench_agents():
    return [Agent(name="asking", command=["sh", "-c", {script!r}], **{more!r})]
"""


def be(directory, script="true", **more) -> None:
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text() + AGENT.format(script=script, more=more))


def facts(directory) -> dict:
    return json.loads((directory.run_folder() / "run.json").read_text())


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def endpoint():
    """A server of this machine that stands for a model's: ``localhost:PORT``."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Hello) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"localhost:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.usefixtures("docker_sandbox")
def test_an_agent_that_names_its_models_host_reaches_it_and_no_other(directory, endpoint):
    plainly = f"curl -s http://{endpoint}/"  # no program asks a proxy for localhost
    ask = f'curl -s -x "$HTTPS_PROXY" --noproxy "" http://{endpoint}/'
    refused = 'for i in 1 2; do curl -s -x "$HTTPS_PROXY" https://github.com/ || echo " refused"; done'
    around = "curl -s -m 2 --noproxy '*' https://1.1.1.1/ || echo no way around; getent hosts github.com || echo no DNS"
    be(directory, f"{plainly}; {ask}; {refused}; {around}", model_hosts=[endpoint])
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=asking", "--mlebench-sandbox=docker", "-k", "toy", "--junitxml=junit.xml"
    )
    result.stdout.fnmatch_lines(
        ["mlebench: agent asking*network llm*", "network: refused to reach github.com:443 (2 times, 1 attempt)"]
    )
    attempt = directory.run_folder() / "toy/seed-0"
    assert (attempt / "agent.log").read_text() == "hellohello refused\n refused\nno way around\nno DNS\n"
    contacts = json.loads((attempt / "attempt.json").read_text())["contacts"]
    assert contacts == [
        {"host": "github.com:443", "allowed": 0, "refused": 2},
        {"host": endpoint, "allowed": 2, "refused": 0},
    ]
    visits = [json.loads(line) for line in (attempt / "network.jsonl").read_text().splitlines()]
    assert sorted(visit["host"] for visit in visits) == ["github.com", "github.com", "localhost", "localhost"]
    assert facts(directory)["network"] == "llm"
    assert facts(directory)["model"] == {"gateway": False, "url": None, "hosts": [endpoint]}
    assert 'name="mlebench.refused_hosts" value="github.com:443"' in (directory.path / "junit.xml").read_text()
    assert "none but your language model" in (attempt / "instructions.txt").read_text()


@pytest.mark.usefixtures("docker_sandbox")
def test_an_agent_that_names_none_has_no_network(directory):
    be(directory, 'echo "proxy=$HTTPS_PROXY gateway=$OPENAI_BASE_URL"; ls /run/mlebench')
    directory.pytester.runpytest_subprocess("--mlebench-agent=asking", "--mlebench-sandbox=docker", "-k", "toy")
    log = (directory.run_folder() / "toy/seed-0/agent.log").read_text()
    assert log.split() == ["proxy=", "gateway=", "start.py", "validation"]
    assert facts(directory)["network"] == "none"


@pytest.mark.usefixtures("docker_sandbox")
@pytest.mark.parametrize(("more", "enough"), [({"model_hosts": ["api.openai.com"]}, "llm"), ({}, "open")])
def test_an_agent_that_needs_the_network_is_not_started_without(directory, more, enough):
    be(directory, needs_network=True, **more)
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=asking", "--mlebench-sandbox=docker", "-k", "toy", "--mlebench-network=none"
    )
    result.stderr.fnmatch_lines([f"ERROR: agent asking needs the network: say --mlebench-network={enough}"])
    assert not (directory.path / "runs").exists()


def test_a_host_that_is_none_is_refused_with_the_agents_name(directory):
    be(directory, model_hosts=["https://api.openai.com/v1"])
    result = directory.run("asking")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *agent 'asking': model_hosts: *https://api.openai.com/v1*"])


@pytest.mark.parametrize("url", ["localhost:8000", "http://key@host/v1", "ftp://host", "http://"])
def test_a_model_url_that_is_none_is_refused_with_an_example(directory, url):
    result = directory.run("perfect", f"--mlebench-model-url={url}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --mlebench-model-url: write it like http://localhost:8000/v1*"])
