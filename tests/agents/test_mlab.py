"""MLAB's launcher: the task it makes, the command line, what it hands in and keeps, and how it ends."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from pytest_mlebench import agents

from ..waiting import is_running, wait_for

FOLDER = Path(agents.__file__).parent / "mlab"
launch = importlib.import_module("pytest_mlebench.agents.mlab.launch")


@pytest.fixture
def variables(tmp_path: Path) -> dict[str, str]:
    """What an attempt's environment says, with the folders that it names and an empty place for MLAB."""
    folders = {name: tmp_path / name for name in ("data", "submission", "code", "logs")}
    for folder in folders.values():
        folder.mkdir()
    (folders["data"] / "train.csv").write_text("id,y\n1,2\n")
    (tmp_path / "instructions.txt").write_text("Predict {y}, über alles.\n", encoding="utf-8")
    (tmp_path / "mlab/source/MLAgentBench/benchmarks").mkdir(parents=True)
    return {
        **{f"MLEBENCH_{name.upper()}_DIR": str(folder) for name, folder in folders.items()},
        "PATH": os.environ["PATH"],
        "MLAB_HOME": str(tmp_path / "mlab"),
        "MLEBENCH_INSTRUCTIONS": str(tmp_path / "instructions.txt"),
        "MLEBENCH_TIME_LIMIT": "86400",
        "MLEBENCH_OPTION_MODEL": "openrouter/meta-llama/llama-3.1-405b-instruct",
        "MLEBENCH_OPTION_STEPS": "2000",
        "MLEBENCH_OPTION_MAX_TOKENS": "16384",
        "OPENAI_BASE_URL": "http://localhost:5002/v1",
    }


@pytest.fixture
def settings(variables: dict[str, str]):
    return launch.read_settings(variables)


def test_the_task_links_to_the_data_and_tells_the_instructions(settings):
    for _ in range(2):  # made anew where there is one
        launch.make_task(settings)
    benchmarks = settings.home / "source/MLAgentBench/benchmarks"
    (task,) = benchmarks.iterdir()
    assert sorted(str(path.relative_to(task)) for path in task.rglob("*")) == [
        "env",
        "env/data",
        "scripts",
        "scripts/research_problem.txt",
    ]
    assert (task / "env/data").is_symlink()
    assert (task / "env/data/train.csv").read_text() == "id,y\n1,2\n"
    problem = (task / "scripts/research_problem.txt").read_text(encoding="utf-8")
    assert problem.startswith("Predict {y}, über alles.\n")
    assert "`submission.csv`" in problem
    assert "`data/`" in problem


def test_the_command_line_has_the_published_settings_and_a_model_name_that_mlab_takes_for_a_chat_model(settings):
    argv = launch.command(settings)
    assert argv[:3] == [str(settings.home / "venv/bin/python"), "-u", str(FOLDER / "bridge.py")]
    assert Path(argv[2]).is_file()
    given = dict(zip(argv[3::2], argv[4::2], strict=True))
    assert given.pop("--python") == sys.executable
    assert Path(given.pop("--work-dir")) / given["--task"] == settings.work
    names = {given.pop(f"--{use}llm-name") for use in ("", "fast-", "edit-script-")}
    assert names == {"gpt-4:openrouter:meta-llama:llama-3.1-405b-instruct"}
    assert given == {
        "--task": "competition",
        "--device": "0",
        "--log-dir": str(settings.logs / "mlab"),
        "--edit-script-llm-max-tokens": "16384",
        "--max-steps": "2000",
        "--agent-max-steps": "2000",
        "--max-time": "86400",
        "--agent-type": "ResearchAgent",
    }
    environment = launch.environment(settings, {"KEPT": "1"})
    assert environment["OPENAI_API_BASE"] == "http://localhost:5002/v1"
    assert environment["MLAB_MODEL"] == "openrouter/meta-llama/llama-3.1-405b-instruct"
    assert environment["KEPT"] == "1"


@pytest.mark.parametrize(("visible", "device"), [("2,3", 2), ("GPU-1a2b", 0), ("", 0)])
def test_scripts_see_the_first_gpu_of_the_attempt(variables, visible, device):
    assert launch.read_settings(variables | {"CUDA_VISIBLE_DEVICES": visible}).device == device


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"MLEBENCH_OPTION_STEPS": "many"}, "option steps is 'many': give a whole number from 1"),
        ({"MLEBENCH_OPTION_MAX_TOKENS": "0"}, "option max_tokens is '0'"),
        ({"MLEBENCH_OPTION_MODEL": ""}, "MLEBENCH_OPTION_MODEL is not set"),
        ({"OPENAI_BASE_URL": ""}, "there is no model: run with --mlebench-network=llm"),
        ({"MLAB_HOME": "/nowhere"}, "no MLAgentBench in /nowhere: run in Docker"),
    ],
)
def test_what_is_missing_is_said_in_one_line(variables, changed, said):
    done = subprocess.run(
        [sys.executable, FOLDER / "launch.py"], env=variables | changed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("mlab: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_file_is_handed_in_once_it_rests_and_again_when_it_changes(tmp_path):
    source, folder = tmp_path / "work.csv", tmp_path / "submission"
    folder.mkdir()
    submitter = launch.Submitter(source, folder)
    assert not submitter.look()
    with source.open("w") as file:
        for piece in ("id,y\n", "1,2\n"):
            file.write(piece)
            file.flush()
            assert not submitter.look()
    assert submitter.look()
    assert (folder / "submission.csv").read_text() == "id,y\n1,2\n"
    assert not submitter.look()
    source.write_text("id,y\n1,3\n")
    assert not submitter.look()
    assert submitter.look()
    source.unlink()
    assert not submitter.look()
    source.mkdir()  # a folder by that name is no submission
    assert not submitter.look(complete=True)
    assert [path.name for path in folder.iterdir()] == ["submission.csv"]
    assert (folder / "submission.csv").read_text() == "id,y\n1,3\n"


def test_a_file_that_cannot_be_handed_in_is_tried_again(tmp_path, capsys):
    source, folder = tmp_path / "work.csv", tmp_path / "submission"
    source.write_text("id,y\n1,2\n")
    submitter = launch.Submitter(source, folder)
    assert not submitter.look(complete=True)
    assert "trying again" in capsys.readouterr().out
    folder.mkdir()
    assert submitter.look(complete=True)


def test_a_file_that_is_being_written_is_not_handed_in(tmp_path):
    source, folder = tmp_path / "work.csv", tmp_path / "submission"
    folder.mkdir()
    submitter = launch.Submitter(source, folder)
    for rows in range(1, 5):
        source.write_text("id,y\n" + "1,2\n" * rows)
        assert not submitter.look()
    assert submitter.look()
    assert (folder / "submission.csv").read_text() == "id,y\n" + "1,2\n" * 4


def test_every_submission_is_whole_while_a_process_writes_one_after_the_other(settings):
    script = """
        import pathlib, sys, time
        pathlib.Path(sys.argv[1]).mkdir()
        for version in range(1, 4):
            with open(sys.argv[1] + "/submission.csv", "w") as file:
                for row in range(40):
                    print(row, version, sep=",", file=file, flush=True)
            time.sleep(1.3)  # two looks at least; writing takes much less than the time between them
        sys.exit(7)
    """
    argv = [sys.executable, "-c", textwrap.dedent(script), str(settings.work)]
    seen = set()
    submitter_of = launch.Submitter.look

    def look(self, *, complete=False):
        handed_in = submitter_of(self, complete=complete)
        if handed_in:
            seen.add((settings.submission / "submission.csv").read_text())
        return handed_in

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launch.Submitter, "look", look)
        before = signal.getsignal(signal.SIGTERM)
        try:
            assert launch.run(settings, argv, os.environ, poll=0.6) == 7
        finally:
            signal.signal(signal.SIGTERM, before)
    whole = ["".join(f"{row},{version}\n" for row in range(40)) for version in range(1, 4)]
    assert seen <= set(whole)
    assert whole[-1] in seen


@pytest.fixture
def launched(variables, tmp_path) -> Callable[[str], subprocess.Popen[str]]:
    """The launcher as a process of its own, in which another program stands where MLAB's command line does."""
    (tmp_path / "code/competition").mkdir()

    def start(script: str, poll: float = 0.1) -> subprocess.Popen[str]:
        program = """
            import os, sys
            sys.path.insert(0, sys.argv[1])
            import launch
            settings = launch.read_settings(os.environ)
            argv = [sys.executable, "-c", sys.argv[2], str(settings.work)]
            sys.exit(launch.run(settings, argv, os.environ, float(sys.argv[3])))
        """
        words = [sys.executable, "-c", textwrap.dedent(program), str(FOLDER), textwrap.dedent(script), str(poll)]
        return subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    return start


def test_sigterm_ends_all_at_once_and_half_a_file_does_not_replace_a_whole_one(launched, settings):
    handed_in, half = settings.submission / "submission.csv", settings.work / "half"
    process = launched(
        """
        import os, signal, subprocess, sys, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.chdir(sys.argv[1])
        child = subprocess.Popen(["sh", "-c", "trap '' TERM; while :; do sleep 1; done"])
        with open("submission.csv", "w") as file:
            file.write("whole\\n")
        while not os.path.exists("half"):
            time.sleep(0.02)
        with open("child.part", "w") as file:
            file.write(str(child.pid))
        os.rename("child.part", "child")
        while True:  # never at rest
            with open("submission.csv", "a") as file:
                file.write("half")
            time.sleep(0.01)
    """,
        poll=1.5,
    )  # so seldom that it writes between any two looks, however busy the machine is
    try:
        wait_for(handed_in.exists)
        half.touch()
        wait_for((settings.work / "child").exists)
        process.send_signal(signal.SIGTERM)
        output, _ = process.communicate(timeout=120)
    finally:
        process.kill()
    assert process.returncode == 143, output
    assert handed_in.read_text() == "whole\n"
    child = int((settings.work / "child").read_text())
    wait_for(lambda: not is_running(child), otherwise=lambda: f"process {child} still runs")


def test_a_program_that_a_signal_ended_gives_its_number_and_leaves_nothing_running(launched, settings):
    process = launched("""
        import os, signal, subprocess, sys
        child = subprocess.Popen(["sleep", "600"])
        with open(sys.argv[1] + "/child", "w") as file:
            file.write(str(child.pid))
        with open(sys.argv[1] + "/submission.csv", "w") as file:
            file.write("written last\\n")
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 137, output
    assert (settings.submission / "submission.csv").read_text() == "written last\n"
    child = int((settings.work / "child").read_text())
    wait_for(lambda: not is_running(child), otherwise=lambda: f"process {child} still runs")


def test_scripts_and_logs_are_kept_but_no_large_files_nor_copies_of_the_work_folder(launched, settings):
    big = settings.data / "big.bin"
    big.write_bytes(b"0" * launch.KEPT_FILE)
    process = launched("""
        import os, pathlib, sys
        work, logs = pathlib.Path(sys.argv[1]), pathlib.Path.cwd()
        assert (logs / "openai_api_key.txt").read_text().split(":") == ["", "mlebench"]
        (work / "data").symlink_to(os.environ["MLEBENCH_DATA_DIR"])
        (work / "link.bin").symlink_to(work / "data/big.bin")
        (work / "train.py").write_text("print()")
        (work / "model").mkdir()
        (work / "model/weights.bin").write_bytes(b"0" * 10_000_000)
        (logs / "agent_log").mkdir()
        (logs / "agent_log/main_log").write_text("Step 0")
        for step in range(3):
            copy = logs / f"env_log/traces/step_{step}_files"
            copy.mkdir(parents=True)
            (copy / "train.py").write_text("print()")
    """)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0, output
    assert "not kept for its size: model/weights.bin" in output
    assert big.exists()
    assert sorted(path.name for path in settings.work.iterdir()) == ["data", "link.bin", "model", "train.py"]
    assert not list((settings.work / "model").iterdir())
    assert (settings.log_folder / "agent_log/main_log").read_text() == "Step 0"
    assert not list((settings.log_folder / "env_log/traces").iterdir())


def test_the_newest_copies_stay_while_mlab_runs(tmp_path):
    launch.drop_copies(tmp_path, keep=2)  # none made yet
    for step in (9, 10, 8):  # in order of time
        path = tmp_path / f"env_log/traces/step_{step}_files"
        path.mkdir(parents=True)
        os.utime(path, ns=(0, 1000 + step if step != 8 else 2000))
    launch.drop_copies(tmp_path, keep=2)
    assert sorted(path.name for path in (tmp_path / "env_log/traces").iterdir()) == ["step_10_files", "step_8_files"]


def test_it_is_registered_for_the_gateway_and_builds_its_image_from_the_pinned_commit(registered):
    agent = registered("mlab")
    assert agent.uses_gateway
    assert agent.needs_network
    assert set(agent.options) == {"model", "steps", "max_tokens"}
    assert agent.build_args == {}
    text = (FOLDER / "Dockerfile").read_text()
    assert re.findall(r"^ARG COMMIT=(\w+)$", text, re.MULTILINE) == ["5d71205cc20a8e95d43aa7cb7120e89ca3323e31"]
    # What needs GitHub comes last, so that everything before it can be built, and kept, without.
    assert re.findall(r"^FROM (.+)$", text, re.MULTILINE) == [
        "${ENVIRONMENT} AS libraries",
        "libraries AS torch",
        "${ENVIRONMENT} AS source",
        "torch",
    ]


def test_the_image_is_made_of_pinned_libraries_and_of_no_file_that_is_mounted():
    lines = [line for line in (FOLDER / "requirements.txt").read_text().splitlines() if not line.startswith("#")]
    assert all(re.fullmatch(r"[a-z0-9-]+==[\w.]+", line) for line in lines)
    assert {"openai==0.28.1", "langchain==0.0.354", "anthropic==0.25.6"} <= set(lines)
    ignored = (FOLDER / ".dockerignore").read_text().splitlines()
    assert {"agent.py", "bridge.py", "launch.py"} <= set(ignored)
