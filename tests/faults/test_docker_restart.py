"""A Docker daemon that is restarted, or killed, while attempts run on it."""

from __future__ import annotations

import os
import re
import signal
import time

import pytest

from .daemon import IMAGE
from .running import check_whole, containers

# The first two attempts are under way when the daemon goes; the others come later.
AGENT = """
submit()
if seed < 2:
    print("under way", flush=True)
    wait_for("go")
"""
DOCKER = ("-n2", "--mlebench-sandbox=docker", "--mlebench-attempts=4")
# Which of them, depends on what the daemon still answers while it is shut down.
LOST = r"(lost the Docker daemon while|the agent's container was ended from outside: by a Docker daemon)"


@pytest.fixture
def place(make_place):
    return make_place(AGENT)


def under_way(place) -> int:
    return sum("under way" in path.read_text() for path in place.runs.glob("*/toy/seed-?/agent.log"))


def test_attempts_that_a_daemon_took_with_it_are_errors_and_the_others_go_on(place, make_daemon):
    daemon = make_daemon()
    process = place.start(*DOCKER, DOCKER_HOST=daemon.address, SUBJECT_IMAGE=IMAGE)
    place.wait_for(lambda: under_way(place) == 2)
    daemon.end(signal.SIGTERM)
    time.sleep(1)  # in which an attempt that does not wait for the daemon fails
    assert place.outcomes() == {}, [place.record(s)["reason"] for s in range(4)]
    daemon.start()
    out = place.end(process)
    assert place.outcomes() == {"toy-0": "error", "toy-1": "error", "toy-2": "gold", "toy-3": "gold"}, out
    for seed in (0, 1):
        assert re.match(LOST, str(place.record(seed)["reason"]))
        assert re.search(rf"ERROR \S*test_competition\[toy-{seed}\] - {LOST}", out), out
    assert "2 errors, 2 gold" in out
    check_whole(place, place.outcomes(), daemon.address)
    (place.shared / "go").touch()
    place.resumed(DOCKER_HOST=daemon.address, SUBJECT_IMAGE=IMAGE)
    check_whole(place, dict.fromkeys(place.outcomes(), "gold"), daemon.address)


def test_retries_outlast_a_killed_daemon_whose_containers_survive(place, make_daemon):
    daemon = make_daemon("--live-restore")
    process = place.start(*DOCKER, "--mlebench-retries=1", DOCKER_HOST=daemon.address, SUBJECT_IMAGE=IMAGE)
    place.wait_for(lambda: under_way(place) == 2)
    daemon.end(signal.SIGKILL)
    daemon.start()
    # The agents of before still run: that they end is not enough for the attempts to be counted, nor to be tried again.
    (place.shared / "go").touch()
    out = place.end(process)
    assert "4 gold" in out, out
    assert process.returncode == 0
    assert [place.record(seed)["tries"] for seed in range(4)] == [2, 2, 1, 1]
    check_whole(place, {f"toy-{seed}": "gold" for seed in range(4)}, daemon.address)


def test_who_ended_a_container_is_told_apart(make_place, docker_sandbox, docker_engine):
    place = make_place("""
print("under way", flush=True)
if seed == 1:
    os.kill(1, 15)
    raise SystemExit(143)
time.sleep(600)
""")
    process = place.start("-n2", "--mlebench-sandbox=docker", "--mlebench-attempts=2")
    place.wait_for(lambda: under_way(place) == 2)
    place.wait_for(lambda: "toy-1" in place.outcomes())
    address = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    (name,) = containers({place.run.name}, address)
    docker_engine.api.stop(name, timeout=1)
    out = place.end(process)
    assert place.outcomes() == {"toy-0": "error", "toy-1": "no_submission"}, out
    assert "ended from outside" in str(place.record(0)["reason"])
    assert place.record(1)["exit_status"] == 143
