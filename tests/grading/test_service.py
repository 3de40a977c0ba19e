from __future__ import annotations

import contextlib
import math
import os
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pytest_mlebench.errors import GraderError, HarnessError
from pytest_mlebench.grading.service import GradingService

from ..waiting import is_running, text_of, wait_for

MEAN = "def grade(submission, answers):\n    return submission['x'].mean()\n"

# Graders that do something to themselves on one submission only.
ON_666 = (
    "def grade(submission, answers):\n    x = submission['x']\n    if x[0] == 666:\n        {}\n    return x.mean()\n"
)
KILLED, SEGFAULT = "os.kill(os.getpid(), signal.SIGKILL)", "os.kill(os.getpid(), signal.SIGSEGV)"
EXIT, HANG = "os._exit(7)", "time.sleep(600)"

BAD = "id,x\n1,666\n2,666\n"
GOOD = "id,x\n1,8.5\n2,8.5\n"


def workers():
    """The process ids of this process's grading processes, and of children that are dead and not reaped."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, parent = (folder / "stat").read_text().rpartition(")")[2].split()[:2]
            named = b"pytest_mlebench.grading.worker" in (folder / "cmdline").read_bytes()
            if int(parent) == os.getpid() and (named or state == "Z"):
                found.append(int(folder.name))
    return found


def test_a_submission_is_graded_as_the_competition_grades_it(toy, service):
    from pytest_mlebench.competition import Competition

    toy = toy(MEAN)
    path = toy.submission(GOOD)
    grade = service.grade(toy.folder, path, toy.private)
    assert grade == Competition.read(toy.folder).grade(path, toy.private)
    assert (grade.score, grade.medal, grade.rank, grade.teams) == (8.5, "bronze", 3, 10)


def test_an_invalid_submission_has_its_reason(toy, service):
    toy = toy(MEAN)
    grade = service.grade(toy.folder, toy.submission("id,x\n1,\0\n"), toy.private)
    assert not grade.valid
    assert "NUL byte at offset 7" in grade.reason


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_scores_that_are_not_finite_cross_the_pipe(toy, service, value):
    toy = toy(f"def grade(submission, answers):\n    return float('{value}')\n")
    grade = service.grade(toy.folder, toy.submission(GOOD), toy.private)
    assert grade.valid
    assert math.isnan(grade.score) if value == "nan" else grade.score == math.inf


def test_a_grader_that_prints_and_reads_does_not_disturb(toy, service):
    noise = "print('{\"grade\": 1}', flush=True); os.system('echo noise; cat'); sys.stderr.write('x' * 100000)"
    toy = toy(ON_666.format(noise))
    for text, score in ((BAD, 666), (GOOD, 8.5), (BAD, 666)):
        assert service.grade(toy.folder, toy.submission(text), toy.private).score == score
    assert len(workers()) == 1


def test_a_broken_grader_is_an_error_that_names_it(toy, service):
    toy = toy("def grade(submission, answers):\n    return answers['nothing'].sum()\n")
    with pytest.raises(GraderError, match=r"toy.*KeyError.*nothing"):
        service.grade(toy.folder, toy.submission(GOOD), toy.private)


def test_missing_answers_are_an_error_of_the_harness(toy, service):
    toy = toy(MEAN)
    (toy.private / "answers.csv").unlink()
    with pytest.raises(HarnessError, match="answers of toy are not at") as error:
        service.grade(toy.folder, toy.submission(GOOD), toy.private)
    assert not isinstance(error.value, GraderError)


def test_a_folder_that_is_no_competition_is_an_error(tmp_path, service):
    with pytest.raises(HarnessError, match=r"competition\.toml"):
        service.grade(tmp_path, tmp_path / "submission.csv", tmp_path)


@pytest.mark.parametrize(
    ("deed", "word"), [(KILLED, "SIGKILL"), (SEGFAULT, "SIGSEGV"), (EXIT, "status 7"), ("sys.exit(3)", "status 3")]
)
def test_a_submission_that_crashes_a_sound_grader_is_invalid(toy, service, deed, word):
    toy = toy(ON_666.format(deed))
    grade = service.grade(toy.folder, toy.submission(BAD), toy.private)
    assert (grade.valid, grade.score, grade.medal, grade.rank, grade.teams) == (False, None, None, None, 10)
    assert word in grade.reason
    assert "sample submission" in grade.reason
    assert service.grade(toy.folder, toy.submission(GOOD), toy.private).score == 8.5


def test_a_submission_that_needs_too_much_memory_is_invalid(toy):
    toy = toy(ON_666.format("bytearray(4 << 30)"))
    with GradingService(memory=3 << 30) as service:
        assert not service.grade(toy.folder, toy.submission(BAD), toy.private).valid
        assert service.grade(toy.folder, toy.submission(GOOD), toy.private).valid


def test_a_crash_that_does_not_repeat_is_not_held_against_the_submission(toy, service, tmp_path):
    once = f"os.path.exists({str(tmp_path / 'once')!r}) or (open({str(tmp_path / 'once')!r}, 'w').close(), {KILLED})"
    toy = toy(ON_666.format(once))
    assert service.grade(toy.folder, toy.submission(BAD), toy.private).score == 666


def test_a_submission_that_hangs_a_sound_grader_is_invalid_after_the_timeout(toy):
    toy = toy(ON_666.format(HANG))
    with GradingService() as service:
        service.warm(toy.folder)
        grade = service.grade(toy.folder, toy.submission(BAD), toy.private, timeout=4)
        assert not grade.valid
        assert "took longer than 4.0s" in grade.reason
        assert len(workers()) == 1  # the hanging one is gone, the one that graded the sample is there


@pytest.mark.parametrize(("deed", "word", "timeout"), [(KILLED, "SIGKILL", 60), (HANG, "longer than", 0.4)])
def test_a_grader_that_fails_on_the_sample_submission_too_is_to_blame(toy, deed, word, timeout):
    toy = toy(f"def grade(submission, answers):\n    {deed}\n")
    told = pytest.raises(GraderError, match=f"toy: the grader .*{word}.*sample")
    with GradingService(timeout=timeout) as service, told:
        service.grade(toy.folder, toy.submission(BAD), toy.private)


def test_without_a_sample_submission_a_crash_is_the_graders(toy, service):
    toy = toy(ON_666.format(KILLED))
    (toy.public / "sample_submission.csv").unlink()
    with pytest.raises(GraderError, match="no sample submission"):
        service.grade(toy.folder, toy.submission(BAD), toy.private)


def test_the_last_words_of_a_crashed_grader_are_told_to_the_host_only(toy, service):
    deed = "print('Assertion of the library failed', file=sys.stderr, flush=True), os.abort()"
    broken = toy(f"def grade(submission, answers):\n    {deed}\n")
    with pytest.raises(GraderError, match=r"SIGABRT.*Assertion of the library failed"):
        service.grade(broken.folder, broken.submission(BAD), broken.private)
    (broken.folder / "task.py").write_text("import os, sys\n" + ON_666.format(deed))
    grade = service.grade(broken.folder, broken.submission(BAD), broken.private)
    assert "Assertion" not in grade.reason


def test_a_process_that_cannot_start_is_an_error_of_the_harness(toy, service, monkeypatch, tmp_path):
    (tmp_path / "path").mkdir()
    (tmp_path / "path" / "pandas.py").write_text("raise ImportError('pandas is broken here')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    toy = toy(MEAN)
    with pytest.raises(HarnessError, match=r"did not start.*pandas is broken here") as error:
        service.grade(toy.folder, toy.submission(GOOD), toy.private)
    assert not isinstance(error.value, GraderError)
    assert workers() == []


def test_modules_in_the_working_directory_are_not_imported(toy, service, monkeypatch, tmp_path):
    (tmp_path / "pandas.py").write_text("raise ImportError('an agent left this')")
    monkeypatch.chdir(tmp_path)
    toy = toy(MEAN)
    assert service.grade(toy.folder, toy.submission(GOOD), toy.private).valid


def test_processes_are_reused_and_never_more_than_asked_for(toy, tmp_path):
    (marks := tmp_path / "marks").mkdir()
    # The first one waits for the second.
    wait = f"open(f'{marks}/{{os.getpid()}}', 'w').close()\n    while len(os.listdir('{marks}')) < 2: time.sleep(0.01)"
    toy = toy(f"def grade(submission, answers):\n    {wait}\n    time.sleep(0.05)\n    return os.getpid()\n")
    most = 0
    with GradingService(processes=2, timeout=120) as service, ThreadPoolExecutor(8) as pool:
        path = toy.submission(GOOD)
        grades = [pool.submit(service.grade, toy.folder, path, toy.private) for _ in range(16)]
        while not all(grade.done() for grade in grades):
            most = max(most, len(workers()))
        assert len({grade.result().raw_score for grade in grades}) == 2
    assert most <= 2
    assert workers() == []


def test_idle_processes_end_and_are_reaped_and_come_back(toy):
    toy = toy("def grade(submission, answers):\n    return os.getpid()\n")
    with GradingService(idle_seconds=0.2) as service:
        first = service.grade(toy.folder, toy.submission(GOOD), toy.private).score
        wait_for(lambda: workers() == [])
        wait_for(lambda: not [t for t in threading.enumerate() if t.name == "mlebench-grading"])
        assert service.grade(toy.folder, toy.submission(GOOD), toy.private).score != first


def test_an_idle_process_that_was_killed_is_replaced(toy, service):
    toy = toy(MEAN)
    service.grade(toy.folder, toy.submission(GOOD), toy.private)
    (worker,) = workers()
    os.kill(worker, signal.SIGKILL)
    assert service.grade(toy.folder, toy.submission(GOOD), toy.private).valid


def test_warm_does_not_wait_and_its_process_is_used(toy, service, tmp_path):
    load = f"while not os.path.exists({str(tmp_path / 'go')!r}): time.sleep(0.01)"
    toy = toy(f"{load}\ndef grade(submission, answers):\n    return os.getpid()\n")
    service.warm(toy.folder)
    (tmp_path / "go").touch()
    wait_for(lambda: len(workers()) == 1)
    (worker,) = workers()
    service.warm(toy.folder)
    service.warm()
    assert service.grade(toy.folder, toy.submission(GOOD), toy.private).score == worker


def test_warming_with_a_folder_that_is_no_competition_does_no_harm(toy, service, tmp_path):
    toy = toy(MEAN)
    service.warm(tmp_path)
    assert service.grade(toy.folder, toy.submission(GOOD), toy.private).valid


def test_close_stops_a_grading_in_progress(toy):
    toy = toy(f"def grade(submission, answers):\n    {HANG}\n")
    service = GradingService()
    with ThreadPoolExecutor(3) as pool:
        path = toy.submission(GOOD)
        grades = [pool.submit(service.grade, toy.folder, path, toy.private) for _ in range(3)]
        wait_for(lambda: len(workers()) == 2)
        service.close()
        for grade in grades:
            with pytest.raises(HarnessError, match="the run is ending"):
                grade.result(timeout=60)
    assert workers() == []
    service.close()
    service.warm(toy.folder)
    assert workers() == []
    with pytest.raises(HarnessError):
        service.grade(toy.folder, path, toy.private)


def test_an_interrupted_grading_leaves_no_process(toy, service, tmp_path):
    toy = toy(f"def grade(submission, answers):\n    open({str(tmp_path / 'begun')!r}, 'w').close()\n    {HANG}\n")

    def interrupt():
        wait_for((tmp_path / "begun").exists)
        os.kill(os.getpid(), signal.SIGALRM)

    before = signal.signal(signal.SIGALRM, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    interrupting = threading.Thread(target=interrupt)
    try:
        interrupting.start()
        with pytest.raises(KeyboardInterrupt):
            service.grade(toy.folder, toy.submission(GOOD), toy.private)
    finally:
        interrupting.join()
        signal.signal(signal.SIGALRM, before)
    assert workers() == []


def in_another_python(code, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )


# The second hangs in compiled code that never lets Python run: only the kernel can end it.
@pytest.mark.parametrize("hang", [HANG, "__import__('re').match('(a+)+$', 'a' * 60 + 'b')"])
def test_a_grading_process_ends_with_a_parent_that_is_killed(toy, hang, tmp_path):
    tell = f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))"
    toy = toy(f"def grade(submission, answers):\n    {tell}\n    {hang}\n")
    parent = in_another_python(
        """
        import sys
        from pathlib import Path
        from pytest_mlebench.grading.service import GradingService
        GradingService().grade(*map(Path, sys.argv[1:]))
        """,
        toy.folder,
        toy.submission(GOOD),
        toy.private,
    )
    with parent:
        wait_for(lambda: text_of(tmp_path / "pid"))
        worker = int((tmp_path / "pid").read_text())
        assert is_running(worker)
        parent.kill()
        parent.wait()
        wait_for(lambda: not is_running(worker))


def test_a_parent_that_ends_without_closing_leaves_no_process(toy):
    toy = toy("def grade(submission, answers):\n    return os.getpid()\n")
    code = """
        import sys
        from pathlib import Path
        from pytest_mlebench.grading.service import GradingService
        service = GradingService()
        print(int(service.grade(*map(Path, sys.argv[1:])).score))
        """
    with in_another_python(code, toy.folder, toy.submission(GOOD), toy.private) as parent:
        output = parent.communicate(timeout=120)[0]
    assert parent.returncode == 0
    assert not is_running(int(output))


def test_the_parent_loads_neither_pandas_nor_numpy(toy):
    toy = toy(MEAN)
    code = """
        import sys
        from pathlib import Path
        from pytest_mlebench.grading.service import GradingService
        with GradingService() as service:
            service.warm(Path(sys.argv[1]))
            assert service.grade(*map(Path, sys.argv[1:])).valid
        print([name for name in ("pandas", "numpy", "scipy", "sklearn") if name in sys.modules])
        """
    with in_another_python(code, toy.folder, toy.submission(GOOD), toy.private) as parent:
        assert parent.communicate(timeout=120)[0] == "[]\n"


def test_a_grading_process_inherits_no_open_file(toy, service):
    toy = toy("def grade(submission, answers):\n    return len(os.listdir('/proc/self/fd'))\n")
    with (toy.private / "answers.csv").open() as file:
        os.set_inheritable(file.fileno(), True)
        # standard streams, the two pipes, and the listing itself
        assert service.grade(toy.folder, toy.submission(GOOD), toy.private).score <= 6
