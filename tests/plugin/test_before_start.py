"""What cannot work is said in one line before the first attempt starts."""

from __future__ import annotations

import pytest


def refused(result: pytest.RunResult, message: str) -> None:
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])
    assert "Traceback" not in result.stderr.str() + result.stdout.str()


def test_docker_that_does_not_answer_is_named_with_what_to_do(directory, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/none.sock")
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=perfect", "--mlebench-sandbox=docker", "-k", "toy"
    )
    refused(result, "there is no Docker daemon at *none.sock: install Docker*")
    assert not (directory.path / "runs").exists()


def test_without_docker_the_default_is_a_process_and_the_header_says_why(directory, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/none.sock")
    result = directory.pytester.runpytest_subprocess("--mlebench-agent=perfect", "-k", "toy")
    assert result.ret == 0
    result.stdout.fnmatch_lines(
        ["mlebench: sandbox process: NOTHING IS ISOLATED*", "mlebench: not in Docker: there is no Docker daemon at *"]
    )


def test_gpus_that_are_not_there_are_refused(directory, monkeypatch):
    monkeypatch.setenv("PATH", str(directory.path))
    result = directory.run("perfect", "--mlebench-gpus=all")
    refused(result, "--mlebench-gpus=all: nvidia-smi finds no GPU on this machine*")


@pytest.mark.parametrize("workers", [(), ("-n1",)])
def test_a_runs_folder_that_cannot_be_made_is_refused(directory, workers):
    (directory.path / "file").touch()
    result = directory.pytester.runpytest_subprocess(
        "--mlebench-agent=perfect", "--mlebench-sandbox=process", "-k", "toy", "--mlebench-runs-dir=file", *workers
    )
    refused(result, "cannot record the run in *file*; name another folder with --mlebench-runs-dir")


def test_an_agent_that_needs_what_is_not_given_is_refused(directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(conftest.read_text().replace('sh("lazy", "exit 3")', 'sh("lazy", "exit 3", needs_gpu=True)'))
    refused(directory.run("lazy"), "*lazy* needs a GPU*--mlebench-gpus*")


def test_a_report_that_cannot_be_written_costs_neither_table_nor_traceback(directory):
    conftest = directory.path / "conftest.py"
    block = "mkdir $(dirname $(dirname $(dirname $MLEBENCH_CODE_DIR)))/grading_report.json; exit 0"
    conftest.write_text(conftest.read_text().replace('"exit 3"', repr(block)))
    result = directory.run("lazy")
    result.stdout.fnmatch_lines(
        ["*medals of lazy*", "mlebench: *grading_report.json cannot be written: Is a directory"]
    )
    assert "Traceback" not in result.stdout.str() + result.stderr.str()


def test_an_error_of_ours_is_shown_by_one_line_and_not_by_what_led_to_it(directory):
    (directory.add_competition("toy-wrong") / "task.py").write_text("def prepare(raw, public, private): 1 / 0\n")
    result = directory.run("perfect", k="toy-wrong")
    result.assert_outcomes(errors=1)
    result.stdout.no_fnmatch_line("*above exception*")
    result.stdout.no_fnmatch_line("*Traceback*")


def test_data_that_cannot_be_prepared_is_an_error_of_ours(directory):
    (directory.path / "file").touch()
    result = directory.run("perfect", "--mlebench-data-dir=file/below")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*preparing toy*"])
    result.stdout.no_fnmatch_line("*Traceback*")
