"""What containers promise beyond the contract."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import start
from pytest_mlebench.sandboxes.docker import DockerSandbox, available

from ..waiting import wait_for
from .conftest import MakeJob, names_alive
from .executing import executing

# What an agent does until the test has seen enough.
UNTIL_SEEN = "until [ -e go ]; do sleep 0.05; done"
PYTHON = "python3 - <<'END'\n{}\nEND\n"


def output(sandbox: DockerSandbox, job) -> str:
    execution = sandbox.execute(job)
    text = job.log.read_text()
    assert execution.exit_status == 0, text
    return text


def test_agent_is_not_root_and_has_no_capabilities(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    text = output(docker_sandbox, make_job("id -u; cat /proc/self/status"))
    assert int(text.split()[0]) == (os.getuid() or 1000)
    facts = dict(line.split(":\t", 1) for line in text.splitlines()[1:] if ":\t" in line)
    assert int(facts["CapEff"], 16) == int(facts["CapBnd"], 16) == int(facts["CapPrm"], 16) == 0
    assert facts["NoNewPrivs"] == "1"


def test_only_its_own_folders_are_writable(docker_sandbox: DockerSandbox, make_job: MakeJob, tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    folder.mkdir()
    script = (
        "for f in data submission code logs agent; do touch /home/$f/x 2>/dev/null && echo $f; done; "
        "for f in /home/instructions.txt /home/data/train.csv /run/mlebench/start.py; do "
        "{ echo x >> $f; } 2>/dev/null && echo $f; done; mount | grep -c ' /home/data .*[(,]ro[,)]'"
    )
    job = make_job(agent=Agent(name="a", command=["sh", "-c", script], folder=folder))
    assert output(docker_sandbox, job).split() == ["submission", "code", "logs", "1"]


def test_answers_are_not_inside(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    job = make_job("find / -xdev -name 'the-answers*' 2>/dev/null; ls -a /home/data/..; cat /proc/mounts; true")
    text = output(docker_sandbox, job)
    assert (job.data.parent / "private" / "the-answers.csv").exists()
    assert "the-answers" not in text
    assert "private" not in [line for line in text.split() if "/" not in line]


def test_network_none_has_no_way_out(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    job = make_job("ls /sys/class/net; curl -sS -m 3 http://1.1.1.1/ 2>&1; curl -sS -m 3 http://172.17.0.1/ 2>&1; true")
    text = output(docker_sandbox, job)
    assert text.splitlines()[0] == "lo"
    assert text.count("curl: (7)") == 2


def test_network_open_has_an_interface(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    assert "eth0" in output(docker_sandbox, make_job("ls /sys/class/net", network="open"))


def test_validation_server_is_reached_without_a_network(
    docker_sandbox: DockerSandbox, make_job: MakeJob, server_socket: Path
) -> None:
    job = make_job(
        "head -c 3000000 /dev/zero > /tmp/s.csv; curl -sS --data-binary @/tmp/s.csv $MLEBENCH_VALIDATION_URL/validate; "
        "echo; curl -sS http://localhost:5000/health; echo; curl -sS http://127.0.0.1:5000/health; "
        "rm -f /run/mlebench/validation/* 2>/dev/null; ls /run/mlebench/validation",
        validation=server_socket,
    )
    assert output(docker_sandbox, job).split("\n") == [
        "POST /validate 3000000 bytes",
        "GET /health",
        "GET /healthvalidation.sock",
        "",
    ]


def test_validation_server_survives_garbage_half_open_and_many_connections(
    docker_sandbox: DockerSandbox, make_job: MakeJob, server_socket: Path
) -> None:
    script = """
import concurrent.futures, os, socket, urllib.request
address = ("localhost", 5000)
held = [socket.create_connection(address) for _ in range(60)]
for s in held[:20]: s.sendall(b"GET /nev")
for s in held[20:30]: s.shutdown(socket.SHUT_WR)
for s in held[30:40]: s.sendall(os.urandom(5000))
for s in held[40:50]: s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\\1\\0\\0\\0\\0\\0\\0\\0"); s.close()
def ask(i): return urllib.request.urlopen(f"http://localhost:5000/{i}", timeout=60).read().decode()
with concurrent.futures.ThreadPoolExecutor(16) as pool:
    assert list(pool.map(ask, range(64))) == [f"GET /{i}" for i in range(64)]
print("all answered")
"""
    job = make_job(PYTHON.format(script), validation=server_socket)
    assert output(docker_sandbox, job) == "all answered\n"


def test_agent_that_uses_up_its_processes_still_ends(
    docker_sandbox: DockerSandbox, make_job: MakeJob, server_socket: Path
) -> None:
    script = """
import os, socket, time
born = 0
try:
    while True:
        if os.fork() == 0: time.sleep(60); os._exit(0)
        born += 1
except OSError as error:
    print(born, error.strerror)
socket.create_connection(("localhost", 5000))
"""
    job = make_job(PYTHON.format(script), processes=30, validation=server_socket)
    born, _, reason = output(docker_sandbox, job).partition(" ")
    assert 10 < int(born) < 30
    assert reason == "Resource temporarily unavailable\n"


def test_memory_limit_is_reported(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    job = make_job(PYTHON.format("x = bytearray(400 << 20)\nprint('had it')"), memory=100 << 20)
    execution = docker_sandbox.execute(job)
    assert execution.out_of_memory
    assert not execution.timed_out
    assert execution.exit_status == 137
    assert "had it" not in job.log.read_text()
    assert not docker_sandbox.execute(make_job(memory=100 << 20)).out_of_memory


@pytest.mark.parametrize("ending", ["exit 3", "sleep 600"])
def test_memory_limit_is_reported_also_where_the_agent_survives_it(
    docker_sandbox: DockerSandbox, make_job: MakeJob, ending: str
) -> None:
    # Not Docker's word alone: whether it counts a kill that the container survives depends on versions and cgroups.
    script = f"python3 -c 'x = bytearray(400 << 20)'; echo $?; {ending}"
    job = make_job(script, memory=100 << 20, time=10 if "sleep" in ending else 300, grace=2)
    execution = docker_sandbox.execute(job)
    assert execution.out_of_memory
    assert execution.timed_out == (ending == "sleep 600")
    lines = job.log.read_text().splitlines()
    assert "137" in lines
    assert "mlebench: the kernel killed 1 process of the agent for want of memory" in lines


def test_kernel_chooses_the_agent_before_the_first_process(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    text = output(docker_sandbox, make_job("cat /proc/1/oom_score_adj /proc/self/oom_score_adj"))
    first, agent = map(int, text.split())
    assert first < agent


def test_many_small_processes_out_of_memory_leave_the_first_one(
    docker_sandbox: DockerSandbox, make_job: MakeJob
) -> None:
    # Each is smaller than the first process of the container, which the kernel would choose by size.
    # They hold it until the first of them is killed.
    script = """
import os
reading, writing = os.pipe()
for i in range(60):
    if os.fork() == 0:
        os.close(writing)
        held = os.urandom(3 << 20); os.read(reading, 1); os._exit(0)
os.wait()
os.close(writing)
for i in range(59): os.wait()
"""
    job = make_job(f"{PYTHON.format(script)} exit 3", memory=100 << 20)
    execution = docker_sandbox.execute(job)
    assert execution.out_of_memory
    assert "mlebench: the kernel killed" in job.log.read_text()  # which the first process says


def test_kills_are_counted_in_both_versions_of_cgroups(tmp_path: Path) -> None:
    own = tmp_path / "cgroup"
    own.write_text("0::/\n")
    assert start.kills(str(tmp_path), str(own)) == 0
    (tmp_path / "memory").mkdir()
    (tmp_path / "memory" / "memory.oom_control").write_text("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n")
    assert start.kills(str(tmp_path), str(own)) == 2
    (tmp_path / "memory.events").write_text("low 0\nhigh 0\nmax 25\noom 3\noom_kill 4\noom_group_kill 0\n")
    assert start.kills(str(tmp_path), str(own)) == 4
    own.write_text("1:name=systemd:/x\n0::/docker/abc\n")
    (tmp_path / "docker" / "abc").mkdir(parents=True)
    (tmp_path / "docker" / "abc" / "memory.events").write_text("oom 1\noom_kill 1\n")
    assert start.kills(str(tmp_path), str(own)) == 1


@pytest.mark.parametrize(
    "bomb",
    [
        "b() { b | b & }; b; while :; do sleep 1; done",
        PYTHON.format(
            "import os, signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nwhile True:\n"
            "  try: os.fork() or os.setsid()\n  except OSError: time.sleep(0.05)"
        ),
    ],
    ids=["polite", "stubborn"],
)
def test_fork_bomb_is_contained_and_ends_at_the_time_limit(
    docker_sandbox: DockerSandbox, make_job: MakeJob, bomb: str, request: pytest.FixtureRequest
) -> None:
    job = make_job(bomb, processes=100, time=3, grace=1)
    execution = docker_sandbox.execute(job)
    assert execution.timed_out
    assert execution.seconds < 120
    assert names_alive(docker_sandbox, job.name, request) == []
    assert docker_sandbox.execute(make_job("echo next")).exit_status == 0


def test_limits_are_those_asked_for(docker_sandbox: DockerSandbox, make_job: MakeJob, docker_engine) -> None:
    job = make_job(
        "df --output=size -B1 /dev/shm | tail -1; ulimit -c; " + UNTIL_SEEN,
        cpus=0.5, memory=300 << 20, shm=32 << 20, processes=99,
    )  # fmt: skip
    found = while_running(docker_engine, docker_sandbox, job)["HostConfig"]
    assert job.log.read_text().split() == [str(32 << 20), "0"]
    assert (found["NanoCpus"], found["Memory"], found["MemorySwap"]) == (500_000_000, 300 << 20, 300 << 20)
    assert (found["PidsLimit"], found["ShmSize"], found["LogConfig"]["Type"]) == (99, 32 << 20, "none")
    assert found["Privileged"] is False


def test_more_processors_than_there_are_is_no_error(docker_sandbox: DockerSandbox, make_job: MakeJob) -> None:
    assert docker_sandbox.execute(make_job(cpus=4096)).exit_status == 0


def while_running(engine, sandbox: DockerSandbox, job) -> dict:
    """What the engine knows of the job's container while it runs."""
    with executing(sandbox, job):
        wait_for(lambda: engine.api.containers(filters={"name": job.name, "status": "running"}))
        return engine.api.inspect_container(job.name)


def test_values_of_variables_are_not_known_to_the_engine(
    docker_sandbox: DockerSandbox, make_job: MakeJob, docker_engine
) -> None:
    job = make_job('printf "$KEY" > key; ' + UNTIL_SEEN, environment={"KEY": "geheim-42"})
    told = json.dumps(while_running(docker_engine, docker_sandbox, job))
    assert job.name in told
    assert "geheim" not in told
    assert (job.code / "key").read_text() == "geheim-42"
    assert "geheim" not in repr(job)


def test_privileged_needs_two_to_agree(docker_sandbox: DockerSandbox, make_job: MakeJob, docker_engine) -> None:
    agent = Agent(name="a", command=["sh", "-c", f"id -u; {UNTIL_SEEN}"], privileged=True)
    with pytest.raises(HarnessError, match="--mlebench-allow-privileged"):
        docker_sandbox.check(agent, (), "none")
    assert while_running(docker_engine, docker_sandbox, make_job(agent=agent))["HostConfig"]["Privileged"] is False
    allowing = DockerSandbox(allow_privileged=True)
    allowing.check(agent, (), "none")
    job = make_job(agent=agent)
    assert while_running(docker_engine, allowing, job)["HostConfig"]["Privileged"] is True
    assert job.log.read_text().strip() != "0"


def test_need_of_network_is_checked(docker_sandbox: DockerSandbox) -> None:
    agent = Agent(name="a", command=["x"], needs_network=True)
    with pytest.raises(HarnessError, match="--mlebench-network=open"):
        docker_sandbox.check(agent, (), "none")
    docker_sandbox.check(agent, (), "open")


def test_gpu_without_a_runtime_is_refused_with_advice(docker_sandbox: DockerSandbox, docker_engine) -> None:
    if shutil.which("nvidia-container-runtime-hook"):
        pytest.skip("this machine has a GPU runtime")
    with pytest.raises(HarnessError, match=r"no GPU runtime.*GPUs 0, 1.*NVIDIA Container Toolkit.*nvidia-ctk"):
        docker_sandbox.check(Agent(name="a", command=["x"]), ("0", "1"), "none")
    assert docker_engine.api.containers(all=True, filters={"name": "mlebench-probe"}) == []
    assert not [i for i in docker_engine.api.images() if "mlebench-probe" in str(i["RepoTags"])]


def test_image_without_python_is_not_the_agents_failure(
    docker_sandbox: DockerSandbox, make_job: MakeJob, empty_image: str, docker_engine
) -> None:
    agent = Agent(name="foreign", command=["true"], image=empty_image)
    job = make_job(agent=agent)
    with pytest.raises(HarnessError, match=f"image {empty_image} of agent foreign has no python3"):
        docker_sandbox.execute(job)
    assert docker_engine.api.containers(all=True, filters={"name": job.name}) == []


def test_image_that_does_not_exist(docker_sandbox: DockerSandbox) -> None:
    agent = Agent(name="foreign", command=["true"], image="localhost:1/no/such:image")
    with pytest.raises(HarnessError, match=r"cannot pull the image localhost:1/no/such:image.*foreign"):
        docker_sandbox.build(agent, lambda line: None)


def test_container_removed_by_somebody_is_not_the_agents_failure(
    docker_sandbox: DockerSandbox, make_job: MakeJob, docker_engine
) -> None:
    job = make_job("sleep 600")
    failure: list[BaseException] = []

    def execute() -> None:
        try:
            docker_sandbox.execute(job)
        except HarnessError as error:
            failure.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_for(lambda: docker_engine.api.containers(filters={"name": job.name}))
    docker_engine.api.remove_container(job.name, force=True)
    thread.join(timeout=120)
    assert "removed the container" in str(failure[0])


@pytest.fixture
def empty_image(docker_engine):
    """An image that holds nothing."""
    from pytest_mlebench.sandboxes.docker.gpus import archive_of_nothing

    name = f"mlebench-test-empty-{os.urandom(4).hex()}:1"
    docker_engine.api.import_image_from_data(archive_of_nothing(), *name.split(":"))
    yield name
    docker_engine.api.remove_image(name, force=True)


def test_no_daemon_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    assert f"there is no Docker daemon at {tmp_path}/none.sock: install Docker" in available()
    with pytest.raises(HarnessError, match="no Docker daemon"):
        DockerSandbox().check(Agent(name="a", command=["x"]), (), "none")


def test_daemon_that_does_not_listen_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
        monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/dead.sock")
        assert "dead.sock is not running: start it (`sudo systemctl start docker`)" in available()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody without permission")
def test_missing_permission_is_said_with_what_to_do(tmp_path: Path) -> None:
    program = (
        "import os, pytest_mlebench.sandboxes.docker.engine; from pytest_mlebench.sandboxes.docker import available; "
        "os.setuid(65534); print(available())"
    )
    with socket.socket(socket.AF_UNIX) as door:
        door.bind(str(tmp_path / "d.sock"))
        door.listen()
        (tmp_path / "d.sock").chmod(0o600)
        env = {**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/d.sock"}
        told = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=False)
    assert "no permission to use Docker" in told.stdout, told.stderr
    assert "sudo usermod -aG docker $USER" in told.stdout


def test_address_that_makes_no_sense_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "nonsense://x")
    assert "does not answer" in available()
