"""MLAB's bridge, with the model library that MLAB uses, in the environment image: what reaches the model's server."""

from __future__ import annotations

import io
import json
import secrets
import shutil
import tarfile
from pathlib import Path

from pytest_mlebench import agents
from pytest_mlebench.agent import Agent

FOLDER = Path(agents.__file__).parent / "mlab"

# The library reads its base URL from the environment when it is imported, so the server is there first.
TALK = """
import http.server, json, os, threading

received = []

class Server(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        received.append([self.path, body, self.headers["Authorization"], self.headers["OpenAI-Organization"]])
        content = ["Thought: go on", None][len(received) - 1]
        message = {"role": "assistant", "content": content}
        answer = json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *args):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Server)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["OPENAI_API_BASE"] = f"http://127.0.0.1:{server.server_port}/v1"
os.environ["NO_PROXY"] = "127.0.0.1"

import bridge
import openai

openai.organization, openai.api_key = ":mlebench".split(":")
bridge.lead("anthropic/claude-sonnet-4-5", 16384)
ask = {"model": "gpt-4:anthropic:claude-sonnet-4-5", "max_tokens": 500, "temperature": 0.2, "stop": ["Observation:"]}
messages = [{"role": "user", "content": "What now?"}]
answers = [openai.ChatCompletion.create(messages=messages, **ask)["choices"][0]["message"]["content"] for _ in range(2)]
with open("/opt/seen.json", "w") as file:
    json.dump({"answers": answers, "received": received}, file)
"""

DOCKERFILE = """
ARG ENVIRONMENT
FROM ${ENVIRONMENT}
USER root
COPY requirements.txt bridge.py talk.py /tmp/mlab/
RUN pip install -q --progress-bar off --no-compile --target /tmp/libraries -c /tmp/mlab/requirements.txt openai
RUN PYTHONPATH=/tmp/libraries python3 /tmp/mlab/talk.py
"""


def tags(engine, name: str) -> list[str]:
    """The images of the agent of that name."""
    found = engine.api.images(filters={"reference": f"mlebench-agent-{name}"})
    return [tag for image in found for tag in image["RepoTags"] or ()]


def file_in(engine, image: str, path: str) -> bytes:
    """What a file in an image holds."""
    container = engine.client.containers.create(image, ["true"])
    try:
        archive, _ = container.get_archive(path)
        with tarfile.open(fileobj=io.BytesIO(b"".join(archive))) as tar:
            return tar.extractfile(tar.next()).read()
    finally:
        container.remove()


def test_requests_reach_the_base_url_with_the_options_model_and_limit(docker_sandbox, docker_engine, tmp_path):
    name = f"test-{secrets.token_hex(4)}"
    folder = tmp_path / name
    folder.mkdir()
    for file in ("requirements.txt", "bridge.py"):
        shutil.copy(FOLDER / file, folder)
    (folder / "talk.py").write_text(TALK)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    try:
        docker_sandbox.build(Agent(name=name, command=["true"], dockerfile=folder / "Dockerfile"), print)
        (image,) = tags(docker_engine, name)
        seen = json.loads(file_in(docker_engine, image, "/opt/seen.json"))
    finally:
        for image in tags(docker_engine, name):
            docker_engine.api.remove_image(image, force=True)
    assert seen["answers"] == ["Thought: go on", ""]
    path, body, key, organization = seen["received"][0]
    assert path == "/v1/chat/completions"
    assert body == {
        "model": "anthropic/claude-sonnet-4-5",
        "max_tokens": 16384,
        "temperature": 0.2,
        "stop": ["Observation:"],
        "messages": [{"role": "user", "content": "What now?"}],
    }
    assert key == "Bearer mlebench"
    assert organization is None
