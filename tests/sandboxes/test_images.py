"""Images are named by what they are made of, made once, and say what went wrong."""

from __future__ import annotations

import secrets
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes.docker import DockerSandbox

from .conftest import MakeJob


@pytest.fixture
def agent(tmp_path: Path, docker_engine):
    """An agent with a Dockerfile of its own, whose images are removed at the end."""
    name = f"test-{secrets.token_hex(4)}"
    folder = tmp_path / name
    folder.mkdir()
    (folder / "Agent.dockerfile").write_text("ARG ENVIRONMENT\nFROM $ENVIRONMENT\nCOPY --chown=1000 . /opt/agent/\n")
    (folder / "made-by").write_text(name)
    yield Agent(name=name, command=["cat", "/opt/agent/made-by"], dockerfile=folder / "Agent.dockerfile")
    for tag in tags(docker_engine, name):
        docker_engine.api.remove_image(tag, force=True)


def tags(engine, folder: str) -> list[str]:
    found = engine.api.images(name=f"mlebench-agent-{folder}")
    return [tag for image in found for tag in image["RepoTags"] or ()]


def test_agents_image_is_built_on_the_environment(
    docker_sandbox: DockerSandbox, agent: Agent, make_job: MakeJob, docker_engine
) -> None:
    lines: list[str] = []
    docker_sandbox.build(agent, lines.append)
    assert lines[0].startswith(f"building image mlebench-agent-{agent.name}:")
    assert "  Step 3/4 : COPY --chown=1000 . /opt/agent/" in lines
    assert lines[-1].startswith(f"built image mlebench-agent-{agent.name}:")
    assert len(tags(docker_engine, agent.name)) == 1
    job = make_job(agent=agent)
    assert docker_sandbox.execute(job).exit_status == 0
    assert job.log.read_text() == agent.name


def test_image_is_made_again_only_when_its_files_change(
    docker_sandbox: DockerSandbox, agent: Agent, docker_engine
) -> None:
    folder = agent.dockerfile.parent
    (folder / ".dockerignore").write_text("ignored\n")

    def lines_of_build() -> int:
        lines: list[str] = []
        DockerSandbox().build(agent, lines.append)
        return len(lines)

    assert lines_of_build() > 0
    (folder / "made-by").touch()
    (folder / "ignored").write_text("changes nothing")
    assert lines_of_build() == 0
    (folder / "made-by").write_text("another")
    assert lines_of_build() > 0
    assert len(tags(docker_engine, agent.name)) == 2


def test_agents_of_one_dockerfile_share_an_image_unless_its_arguments_differ(
    docker_sandbox: DockerSandbox, agent: Agent, make_job: MakeJob, docker_engine
) -> None:
    agent.dockerfile.write_text(agent.dockerfile.read_text() + "ARG SAYS=nothing\nRUN echo $SAYS > /tmp/says\n")
    lines: list[str] = []
    for preset in ("large", "small"):
        docker_sandbox.build(replace(agent, name=f"{agent.name}-{preset}"), lines.append)
    assert len(tags(docker_engine, agent.name)) == 1
    other = replace(agent, name="other", build_args={"SAYS": "hello"}, command=("cat", "/tmp/says"))
    docker_sandbox.build(other, lines.append)
    assert len(tags(docker_engine, agent.name)) == 2
    job = make_job(agent=other)
    assert docker_sandbox.execute(job).exit_status == 0
    assert job.log.read_text() == "hello\n"


def test_folder_whose_name_docker_would_refuse(docker_engine, docker_sandbox: DockerSandbox, agent: Agent) -> None:
    folder = agent.dockerfile.parent
    odd = folder.rename(folder.parent / f"My Agent_ü{folder.name}.")
    docker_sandbox.build(replace(agent, dockerfile=odd / agent.dockerfile.name), lambda line: None)
    named = f"my-agent-{folder.name}"
    assert len(tags(docker_engine, named)) == 1
    docker_engine.api.remove_image(tags(docker_engine, named)[0], force=True)


def test_processes_that_need_one_image_build_it_once(docker_sandbox: DockerSandbox, agent: Agent) -> None:
    agent.dockerfile.write_text(agent.dockerfile.read_text() + "RUN sleep 1\n")
    program = (
        "import sys; from pathlib import Path; from pytest_mlebench import Agent; "
        "from pytest_mlebench.sandboxes.docker import DockerSandbox; "
        "DockerSandbox().build(Agent(name=sys.argv[1], command=['x'], dockerfile=Path(sys.argv[2])), print)"
    )
    command = [sys.executable, "-c", program, agent.name, str(agent.dockerfile)]
    builds = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [build.communicate(timeout=300)[0] for build in builds]
    assert [build.returncode for build in builds] == [0, 0, 0]
    assert "".join(outputs).count("built image") == 1


def test_threads_that_need_one_image_build_it_once(docker_sandbox: DockerSandbox, agent: Agent) -> None:
    agent.dockerfile.write_text(agent.dockerfile.read_text() + "RUN sleep 0.5\n")
    lines: list[str] = []
    threads = [threading.Thread(target=docker_sandbox.build, args=(agent, lines.append)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(line.startswith("built image") for line in lines) == 1


def test_build_that_fails_shows_the_step_and_its_last_lines(
    docker_sandbox: DockerSandbox, agent: Agent, docker_engine
) -> None:
    agent.dockerfile.write_text("ARG ENVIRONMENT\nFROM $ENVIRONMENT\nRUN echo what went wrong; exit 7\n")
    with pytest.raises(HarnessError) as failure:
        docker_sandbox.build(agent, lambda line: None)
    text = str(failure.value)
    assert "Step 3/4 : RUN echo what went wrong; exit 7" in text
    assert "returned a non-zero code: 7" in text
    assert "\n  | what went wrong" in text
    log = Path(text.partition("(log: ")[2].partition(")")[0])
    assert "what went wrong" in log.read_text()
    assert tags(docker_engine, agent.name) == []


def test_dockerfile_that_is_not_there_is_said(docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
    agent = Agent(name="a", command=["x"], dockerfile=tmp_path / "Agent.dockerfile")
    with pytest.raises(HarnessError, match=r"Agent\.dockerfile"):
        docker_sandbox.build(agent, lambda line: None)


def test_base_image_that_cannot_be_had_is_said_with_what_to_do(docker_sandbox: DockerSandbox) -> None:
    sandbox = DockerSandbox(base_image="localhost:1/no/base")
    with pytest.raises(HarnessError, match=r"cannot pull the image localhost:1/no/base.*--mlebench-base-image"):
        sandbox.build(Agent(name="a", command=["x"]), lambda line: None)


def test_ca_bundle_that_cannot_be_read_is_said(docker_sandbox: DockerSandbox, tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"cannot read the CA bundle .*none\.crt.*MLEBENCH_CA_BUNDLE"):
        DockerSandbox(ca_bundle=tmp_path / "none.crt").build(Agent(name="a", command=["x"]), lambda line: None)


def test_slim_environment_holds_what_baselines_need(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    job = make_job(
        "curl --version >/dev/null && test $(sh -lc 'command -v python') = $(command -v python) "
        "&& python -c 'import numpy, pandas, scipy, sklearn.ensemble, PIL.Image, yaml, requests, tqdm, getpass; "
        "print(getpass.getuser())' && echo $MLEBENCH_ENVIRONMENT"
    )
    assert docker_sandbox.execute(job).exit_status == 0, job.log.read_text()
    assert job.log.read_text() == "agent\nslim\n"
