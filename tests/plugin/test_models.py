"""Attempts whose agents speak to a model through the gateway: what is counted, what ends them, and what stays here."""

from __future__ import annotations

import json

import pytest

from ..models.scripted import Failure, Reply, ScriptedModel

AGENT = '''
ASK = """
import json, os, sys, time, urllib.error, urllib.request

def ask(text):
    body = json.dumps({"model": "stub", "messages": [{"role": "user", "content": text}]}).encode()
    url = os.environ["OPENAI_BASE_URL"] + "/chat/completions"
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as answer:
            return json.load(answer)["choices"][0]["message"]["content"]
    except urllib.error.HTTPError as error:
        return f"status {error.code}"

"""

def pytest_mlebench_agents():
    return [Agent(name="asking", command=["python3", "-c", ASK + SCRIPT], uses_gateway=True, needs_network=True)]
'''
SUBMIT = """
print(ask("how?"), ask("and then?"))
with open(os.environ["MLEBENCH_SUBMISSION_DIR"] + "/submission.csv", "w") as file:
    file.write("id,y\\n" + "".join(f"{i},{i % 2}\\n" for i in range(10)))
"""
FOR_EVER = "while True: print(ask('more'), flush=True); time.sleep(0.05)"
KEY = "sk-secret-key-of-the-host"


@pytest.fixture
def run(directory, monkeypatch):
    """Attempts of an agent with this script, whose model plays this script."""
    monkeypatch.setenv("MLEBENCH_MODEL_KEY", KEY)
    monkeypatch.setenv("MLEBENCH_MODEL_PATIENCE", "1")

    def start(script: str, url: str, *options: str, sandbox: str = "process"):
        conftest = directory.path / "conftest.py"
        if "ASK" not in conftest.read_text():
            conftest.write_text(conftest.read_text() + f"\nSCRIPT = {script!r}\n" + AGENT)
        return directory.pytester.runpytest_subprocess(
            "--mlebench-agent=asking",
            f"--mlebench-sandbox={sandbox}",
            "-k",
            "toy",
            f"--mlebench-model-url={url}",
            *options,
        )

    return start


def records(directory) -> list[dict]:
    return [json.loads(path.read_text()) for path in sorted(directory.run_folder().glob("*/seed-?/attempt.json"))]


def says(text: str, tokens: tuple[int, int] = (100, 20), cost: float | None = 0.01):
    return lambda request: Reply(text, usage=tokens, cost=cost)


@pytest.mark.parametrize("sandbox", ["process", "docker"])
def test_requests_tokens_and_cost_are_recorded_and_the_key_stays_here(sandbox, run, directory, request):
    if sandbox == "docker":
        request.getfixturevalue("docker_sandbox")
    with ScriptedModel(says("think")) as model:
        run(SUBMIT, model.url, sandbox=sandbox).stdout.fnmatch_lines(["*1 gold*"])
    (record,) = records(directory)
    assert (record["tokens"], record["cost"], record["requests"], record["models"]) == (240, 0.02, 2, ["stub"])
    assert {each.headers["authorization"] for each in model.requests} == {f"Bearer {KEY}"}
    attempt = directory.run_folder() / "toy/seed-0"
    assert (attempt / "agent.log").read_text() == "think think\n"
    transcript = [json.loads(line) for line in (attempt / "model.jsonl").read_text().splitlines()]
    assert [line["usage"] for line in transcript] == [{"input_tokens": 100, "output_tokens": 20}] * 2
    assert "and then?" in json.dumps(transcript[1]["request"])
    left = [path for path in directory.run_folder().rglob("*") if path.is_file() and KEY in path.read_text()]
    assert left == []
    facts = json.loads((directory.run_folder() / "run.json").read_text())
    assert facts["model"] == {"gateway": True, "url": model.url, "hosts": []}
    assert facts["network"] == ("llm" if sandbox == "docker" else "open")


def test_workers_share_the_gateway_and_are_counted_apart(run, directory):
    with ScriptedModel(says("think")) as model:
        run(SUBMIT, model.url, "-n2", "--mlebench-attempts=3").stdout.fnmatch_lines(["*3 gold*"])
    assert [record["requests"] for record in records(directory)] == [2, 2, 2]


def test_an_attempt_ends_at_its_budget_as_at_its_time_limit(run, directory):
    with ScriptedModel(says("more", cost=1.0)) as model:
        run(FOR_EVER, model.url, "--mlebench-budget=5usd", "--mlebench-time-limit=10m").assert_outcomes(failed=1)
    (record,) = records(directory)
    assert record["outcome"] == "no_submission"
    assert "budget" in record["ended_early"]
    assert record["cost"] == 5.0


def test_a_run_whose_budget_is_used_up_is_resumed_with_a_larger_one(run, directory):
    with ScriptedModel(says("think", cost=1.0)) as model:
        result = run(SUBMIT, model.url, "--mlebench-attempts=3", "--mlebench-run-budget=4usd")
        result.stdout.fnmatch_lines(["*1 error, 2 gold*"])
        result.stdout.fnmatch_lines(["*toy-2: the run*s budget*--mlebench-run-budget"])
        result = directory.pytester.runpytest_subprocess("--mlebench-resume=last", "--mlebench-run-budget=100usd")
    result.stdout.fnmatch_lines(["*of 3 attempts*"])
    assert [record["outcome"] for record in records(directory)] == ["gold"] * 3


def test_a_model_that_never_answers_is_no_fault_of_the_agent(run, directory):
    with ScriptedModel(lambda request: Failure(401, "invalid key")) as model:
        result = run("print(ask('anyone?'))", model.url)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["error, not counted: toy-0: *401*"])


def test_a_model_without_a_key_is_told_before_anything_is_attempted(run, directory, monkeypatch):
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    agent = AGENT.replace("uses_gateway=True", 'uses_gateway=True, options={"model": "anthropic/claude-opus-5-5"}')
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text() + f"\nSCRIPT = ''\n{agent}")
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=asking", "--mlebench-sandbox=process", "-k", "toy"
    )
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the model anthropic/claude-opus-5-5 needs a key: set ANTHROPIC_API_KEY, or *"])
    assert not (directory.path / "runs").exists()


def test_without_network_an_agent_that_needs_its_model_is_not_started(run):
    result = run(SUBMIT, "http://localhost:1/v1", "--mlebench-network=none", sandbox="docker")
    result.stderr.fnmatch_lines(["ERROR: agent asking needs the network: say --mlebench-network=llm"])
