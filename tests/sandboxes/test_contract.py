"""What every sandbox promises, with real processes and containers."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pytest_mlebench.agent import Agent
from pytest_mlebench.errors import HarnessError
from pytest_mlebench.sandboxes import Sandbox, Variables, leavings
from pytest_mlebench.sandboxes.process import ProcessSandbox

from ..waiting import text_of, wait_for
from .conftest import MakeJob, names_alive
from .executing import executing

RUN_ONE = Path(__file__).parent / "run_one_attempt.py"


def test_output_status_and_time_are_those_of_the_agent(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("echo to stdout; echo to stderr >&2; sleep 0.3; exit 3")
    execution = sandbox.execute(job)
    assert execution.exit_status == 3
    assert 0.3 <= execution.seconds < 60
    assert not execution.timed_out
    assert job.log.read_text() == "to stdout\nto stderr\n"


def test_agent_finds_its_places(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job(
        'test "$PWD" = "$MLEBENCH_CODE_DIR" && cat "$MLEBENCH_DATA_DIR/train.csv" "$MLEBENCH_INSTRUCTIONS" '
        '&& touch code.py "$MLEBENCH_LOGS_DIR/log" "$HOME/x" "${TMPDIR:-/tmp}/y" '
        '&& echo id > "$MLEBENCH_SUBMISSION_DIR/submission.csv" '
        "&& echo seed=$MLEBENCH_SEED"
    )
    assert sandbox.execute(job).exit_status == 0, job.log.read_text()
    assert job.log.read_text() == "id,y\n1,2\ninstructions\nseed=0\n"
    assert (job.submission / "submission.csv").read_text() == "id\n"
    assert (job.code / "code.py").exists()
    assert (job.logs / "log").exists()


def test_agent_folder_and_python_are_there(sandbox: Sandbox, make_job: MakeJob, tmp_path: Path) -> None:
    folder = tmp_path / "agent"
    folder.mkdir()
    (folder / "solve.py").write_text("import pandas, sklearn; print('solved')")
    agent = Agent(name="a", command=["sh", "-c", "python $MLEBENCH_AGENT_DIR/solve.py"], folder=folder)
    job = make_job(agent=agent)
    assert sandbox.execute(job).exit_status == 0
    assert job.log.read_text() == "solved\n"


def test_standard_input_is_empty(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("cat; echo end")
    sandbox.execute(job)
    assert job.log.read_text() == "end\n"


def test_another_description_replaces_the_one_in_the_data(sandbox: Sandbox, make_job: MakeJob, tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("obfuscated\n")
    job = make_job(
        'cat "$MLEBENCH_DATA_DIR/description.md" "$MLEBENCH_DATA_DIR/train.csv"', description=tmp_path / "other.md"
    )
    sandbox.execute(job)
    assert job.log.read_text() == "obfuscated\nid,y\n1,2\n"
    assert (job.data / "description.md").read_text() == "the plain description\n"


def test_environment_of_the_host_stays_outside(
    sandbox: Sandbox, make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KEY_OF_THE_HOST", "geheim")
    job = make_job("env", environment={"KEY_OF_THE_AGENT": "its own"})
    sandbox.execute(job)
    variables = dict(line.split("=", 1) for line in job.log.read_text().splitlines())
    assert variables["KEY_OF_THE_AGENT"] == "its own"
    assert "geheim" not in job.log.read_text()
    assert {k: variables[k] for k in sandbox.places(job)} == sandbox.places(job)


def test_missing_command_is_the_agents_failure(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job(agent=Agent(name="a", command=["no-such-program-anywhere"]))
    assert sandbox.execute(job).exit_status == 127
    assert "no-such-program-anywhere" in job.log.read_text()


def test_command_that_is_no_program_is_the_agents_failure(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job(agent=Agent(name="a", command=["/etc/passwd"]))
    assert sandbox.execute(job).exit_status == 126


def test_status_of_an_agent_ended_by_a_signal(sandbox: Sandbox, make_job: MakeJob) -> None:
    assert sandbox.execute(make_job("kill -SEGV $$")).exit_status == 128 + signal.SIGSEGV


def test_no_output_is_lost(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("seq 300000; printf 'the end'")
    sandbox.execute(job)
    text = job.log.read_text()
    assert text.endswith("300000\nthe end")
    assert text.count("\n") == 300000


def test_log_grows_while_the_agent_runs(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("echo early; while [ ! -e go ]; do sleep 0.05; done")
    with executing(sandbox, job):
        wait_for(lambda: text_of(job.log) == "early\n")


def test_time_limit_ends_an_agent_that_will_not_end(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest
) -> None:
    job = make_job("trap '' TERM; echo id > $MLEBENCH_SUBMISSION_DIR/submission.csv; while :; do sleep 0.1; done",
                   time=3, grace=0.5)  # fmt: skip
    execution = sandbox.execute(job)
    assert execution.timed_out
    assert 3.5 <= execution.seconds < 60
    assert execution.exit_status == 137
    assert (job.submission / "submission.csv").exists()
    assert names_alive(sandbox, job.name, request) == []


def test_time_limit_leaves_a_grace_period(sandbox: Sandbox, make_job: MakeJob) -> None:
    job = make_job("trap 'echo last words; exit 5' TERM; while :; do sleep 0.1; done", time=3, grace=120)
    execution = sandbox.execute(job)
    assert (execution.timed_out, execution.exit_status) == (True, 5)
    assert execution.seconds < 60
    assert "last words\n" in job.log.read_text()  # a shell may add that its child was terminated


def test_request_to_end_reaches_programs_that_the_agent_runs(sandbox: Sandbox, make_job: MakeJob) -> None:
    script = """sh -c 'trap "sleep 0.5; touch told; exit" TERM; while :; do sleep 0.05; done' & wait"""
    job = make_job(script, time=3, grace=120)
    assert sandbox.execute(job).seconds < 60
    assert (job.code / "told").exists()


def test_nothing_that_the_agent_started_outlives_it(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest
) -> None:
    # Of this test alone, whoever else runs it at the same time.
    naps = [f"sleep 30{number}.{secrets.randbelow(10**9):09d}" for number in range(3)]
    job = make_job(f"setsid {naps[0]} & {naps[1]} & (setsid setsid sh -c '{naps[2]}; true' &) ; sleep 0.2")
    assert sandbox.execute(job).exit_status == 0
    assert names_alive(sandbox, job.name, request) == []
    told = subprocess.run(["ps", "axww", "-o", "args="], capture_output=True, text=True, check=True).stdout
    assert not [line for line in told.splitlines() if any(nap in line for nap in naps)]


def test_folders_can_be_read_and_removed_afterwards(sandbox: Sandbox, make_job: MakeJob, tmp_path: Path) -> None:
    job = make_job(
        "umask 077; mkdir -p a/b && echo x > a/b/file && chmod 000 a/b/file a/b a; "
        "cp /bin/true suid; chmod 6755 suid; ln -s /etc/passwd link"
    )
    before = Path("/etc/passwd").stat()
    sandbox.execute(job)
    assert (job.code / "a" / "b" / "file").read_text() == "x\n"
    assert (job.code / "suid").stat().st_mode & 0o6000 == 0
    owners = {p.lstat().st_uid for p in job.code.rglob("*")} | {job.code.stat().st_uid}
    assert owners == {tmp_path.stat().st_uid}
    assert (Path("/etc/passwd").stat().st_mode, Path("/etc/passwd").stat().st_uid) == (before.st_mode, before.st_uid)
    shutil.rmtree(job.code)


def test_a_deep_tree_is_the_agents_and_harms_nothing(sandbox: Sandbox, make_job: MakeJob) -> None:
    deep = "import os\nfor i in range(3000):\n os.mkdir('a'); os.chdir('a')"
    job = make_job(agent=Agent(name="deep", command=["python3", "-c", deep]))
    assert sandbox.execute(job).exit_status == 0
    assert (job.code / "a" / "a").is_dir()
    leavings.remove(job.code)
    assert not job.code.exists()


def test_a_folder_replaced_by_a_link_is_not_followed(make_job: MakeJob, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "below").mkdir(parents=True, mode=0o700)
    (victim / "below").chmod(0o2750)
    job = make_job(f"rmdir $MLEBENCH_SUBMISSION_DIR && ln -s {victim} $MLEBENCH_SUBMISSION_DIR")
    ProcessSandbox().execute(job)
    assert job.submission.is_symlink()
    assert (victim / "below").stat().st_mode & 0o7777 == 0o2750


HOSTILE = {
    "removes its folders": "cd /; rm -rf $MLEBENCH_SUBMISSION_DIR $MLEBENCH_LOGS_DIR $MLEBENCH_CODE_DIR",
    "a FIFO as submission": "mkfifo $MLEBENCH_SUBMISSION_DIR/submission.csv; chmod 0 $MLEBENCH_SUBMISSION_DIR/*",
    "a link to / as submission": "ln -s / $MLEBENCH_SUBMISSION_DIR/submission.csv; ln -s / root; ln -s . loop",
    "FIFOs as folders": "for f in $MLEBENCH_SUBMISSION_DIR $MLEBENCH_LOGS_DIR; do rm -rf $f; mkfifo $f; done",
    "links to / as folders": "for f in $MLEBENCH_SUBMISSION_DIR $MLEBENCH_LOGS_DIR; do rm -rf $f; ln -sT / $f; done",
    "closed folders": "cd /; chmod 0 $MLEBENCH_SUBMISSION_DIR $MLEBENCH_LOGS_DIR $MLEBENCH_CODE_DIR",
    "a socket as submission": "python3 -c \"import os, socket; os.chdir(os.environ['MLEBENCH_SUBMISSION_DIR']); "
    "socket.socket(socket.AF_UNIX).bind('submission.csv')\"",
}


@pytest.mark.parametrize("script", HOSTILE.values(), ids=HOSTILE)
def test_what_an_agent_leaves_is_the_callers_and_nothing_outside_is_touched(
    sandbox: Sandbox, make_job: MakeJob, tmp_path: Path, script: str
) -> None:
    outside = [Path("/"), Path("/etc"), Path("/etc/passwd"), Path("/tmp")]
    before = [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in outside]
    job = make_job(f"{{ {script}; }} 2>/dev/null; exit 4")
    assert sandbox.execute(job).exit_status == 4, job.log.read_text()
    assert [(p.stat().st_mode, p.stat().st_uid, p.stat().st_gid) for p in outside] == before
    folders = (job.submission, job.code, job.logs)
    for left in [
        path for folder in folders for path in (folder, *_below(folder)) if path.is_symlink() or path.exists()
    ]:
        assert left.lstat().st_uid == tmp_path.stat().st_uid
        assert left.is_symlink() or left.lstat().st_mode & 0o600 == 0o600
    for folder in folders:
        leavings.remove(folder)
        assert not folder.exists()


def _below(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else []


def test_secrets_are_not_in_what_a_traceback_would_show() -> None:
    variables = Variables({"API_KEY": "s3cr3t-value"})
    assert repr(variables) == "Variables of API_KEY"
    assert "s3cr3t-value" not in f"{variables} {[variables]}"


@pytest.mark.parametrize("interruption", [signal.SIGINT, signal.SIGKILL])
def test_nothing_is_left_by_an_interrupted_or_killed_run(
    sandbox: Sandbox, interruption: signal.Signals, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    name, root = f"mlebench-test-{secrets.token_hex(6)}", tmp_path / "attempt"
    script = "trap '' INT TERM; echo begun; while :; do sleep 0.1; done"
    process = subprocess.Popen(
        [sys.executable, str(RUN_ONE), sandbox.name, name, "run", str(root), script], stderr=subprocess.PIPE, text=True
    )
    wait_for(lambda: "begun" in text_of(root / "agent.log") or process.poll() is not None)
    assert process.poll() is None, process.stderr.read()
    assert names_alive(sandbox, name, request)
    assert name not in sandbox.sweep()  # its process lives
    process.send_signal(interruption)
    stderr = process.communicate(timeout=120)[1]
    if interruption == signal.SIGINT:
        assert stderr.splitlines()[-1] == "KeyboardInterrupt"
    else:
        sandbox.sweep()
    assert names_alive(sandbox, name, request) == []


def test_sweep_of_a_run_takes_that_run_only(
    sandbox: Sandbox, make_job: MakeJob, request: pytest.FixtureRequest
) -> None:
    job = make_job("echo begun; sleep 600")
    ended: list[object] = []

    def execute() -> None:
        try:
            ended.append(sandbox.execute(job))
        except HarnessError as error:
            ended.append(error)

    thread = threading.Thread(target=execute)
    thread.start()
    wait_for(lambda: text_of(job.log) == "begun\n")
    assert sandbox.sweep("another run") == []
    assert sandbox.sweep(job.run) == [job.name]
    thread.join(timeout=120)
    assert len(ended) == 1
    assert names_alive(sandbox, job.name, request) == []


def test_needs_that_are_not_met_are_said_before_anything_starts(sandbox: Sandbox) -> None:
    with pytest.raises(HarnessError, match=r"agent a needs a GPU.*--mlebench-gpus"):
        sandbox.check(Agent(name="a", command=["x"], needs_gpu=True), (), "none")
    sandbox.check(Agent(name="a", command=["x"]), (), "none")
