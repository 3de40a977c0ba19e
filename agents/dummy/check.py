"""Run inside the sandbox: check what README promises an agent, one line each, and submit the sample submission.

Needs the standard library only. The exit status is 0 when every check passed, else 1. Where nothing is isolated (the
process sandbox), what only isolation can give is noted and is not a failure.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

BOUNDARY = "mlebench-dummy-3f1c6b0e9d"
SECRETS = ("KAGGLE_KEY", "KAGGLE_API_TOKEN", "KAGGLE_USERNAME")


class CheckFailed(Exception):
    """A check that did not pass; its text says why."""


def folder(name: str) -> Path:
    """The folder that MLEBENCH_<name>_DIR names."""
    variable = f"MLEBENCH_{name}_DIR"
    if not os.environ.get(variable):
        raise CheckFailed(f"{variable} is not set")
    path = Path(os.environ[variable])
    if not path.is_dir():
        raise CheckFailed(f"{variable} is {path}, which is no folder")
    return path


def isolated() -> bool:
    """Whether this is a container: there, the data are where the documents say; elsewhere they never are."""
    return os.environ.get("MLEBENCH_DATA_DIR") == "/home/data"


def only_isolation(problem: str) -> str:
    """A failure in a container; in a sandbox that isolates nothing, a note."""
    if isolated():
        raise CheckFailed(problem)
    return f"{problem}; nothing is isolated here"


def check_user() -> str:
    """The agent is not root."""
    if os.geteuid() == 0:
        return only_isolation("runs as root")
    return f"user id {os.geteuid()}"


def check_variables() -> str:
    """Seed and time limit are there; nothing secret of the host is."""
    seed, limit = os.environ.get("MLEBENCH_SEED", ""), os.environ.get("MLEBENCH_TIME_LIMIT", "")
    if not seed.isdigit() or not limit.isdigit() or int(limit) < 1:
        raise CheckFailed(f"MLEBENCH_SEED is {seed!r} and MLEBENCH_TIME_LIMIT is {limit!r}: whole numbers expected")
    if found := [name for name in SECRETS if name in os.environ]:
        raise CheckFailed(f"variables of the host came along: {', '.join(found)}")
    return f"seed {seed}, {limit} seconds, hardware: {os.environ.get('MLEBENCH_HARDWARE') or 'not said'}"


def check_texts() -> str:
    """Instructions and description are there to be read."""
    instructions = os.environ.get("MLEBENCH_INSTRUCTIONS") or "/home/instructions.txt"
    for path in (Path(instructions), folder("DATA") / "description.md"):
        try:
            if not path.read_text(encoding="utf-8").strip():
                raise CheckFailed(f"{path} is empty")
        except OSError as error:
            raise CheckFailed(f"{path} cannot be read: {error.strerror}") from error
    return f"{instructions} and description.md"


def check_answers() -> str:
    """No answers, leaderboards or harness within reach."""
    data = folder("DATA")
    near = [parent / "private" for parent in (data, *data.parents)]
    if found := [str(path) for path in near if os.access(path, os.R_OK)]:
        return only_isolation(f"{found[0]} is there and can be read")
    if importlib.util.find_spec("pytest_mlebench") is not None:
        return only_isolation("the harness is installed here, leaderboards and all")
    return "neither answers nor leaderboards within reach"


def check_writable() -> str:
    """The agent's own folders take files."""
    for name in ("SUBMISSION", "CODE", "LOGS"):
        path = folder(name) / ".mlebench-dummy"
        try:
            path.write_text("written")
            path.unlink()
        except OSError as error:
            raise CheckFailed(f"{path.parent} is not writable: {error.strerror}") from error
    return "submission, code and logs"


def check_data() -> str:
    """The data cannot be changed."""
    path = folder("DATA") / ".mlebench-dummy"
    try:
        path.write_text("written")
    except OSError as error:
        return f"refused as it should be: {error.strerror}"
    path.unlink()
    return only_isolation(f"{path.parent} is writable")


def find_sample() -> Path:
    """The sample submission: in the public folder or a folder in it, by its name."""
    data = folder("DATA")
    for pattern in ("sample_submission.csv", "*sample*ubmission*.csv", "*/*sample*ubmission*.csv"):
        if found := sorted(data.glob(pattern)):
            return found[0]
    raise CheckFailed(f"no sample submission in {data}")


def check_submission() -> str:
    """The sample submission is handed in."""
    sample = find_sample()
    shutil.copyfile(sample, folder("SUBMISSION") / "submission.csv")
    return f"{sample.name} handed in as submission.csv"


def form(file: Path) -> tuple[Iterator[bytes], int]:
    """A form with `file` in its field ``file``, as the blocks of its body and their length in bytes."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="{file.name}"\r\n\r\n'.encode()
    tail = f"\r\n--{BOUNDARY}--\r\n".encode()

    def blocks() -> Iterator[bytes]:
        yield head
        with file.open("rb") as source:
            while block := source.read(1 << 20):
                yield block
        yield tail

    return blocks(), len(head) + file.stat().st_size + len(tail)


def ask(path: str, file: Path | None = None) -> Any:
    """What the validation server answers, as JSON; a POST where a file is given."""
    url = os.environ.get("MLEBENCH_VALIDATION_URL") or "http://localhost:5000"
    request = urllib.request.Request(url.rstrip("/") + path)
    if file is not None:
        request.data, length = form(file)
        request.add_header("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
        request.add_header("Content-Length", str(length))
    try:
        # No proxy: the server is on this machine.
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=600) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise CheckFailed(f"{url}{path} answered {error.code}: {error.read(300).decode(errors='replace')}") from error
    except (OSError, ValueError) as error:
        raise CheckFailed(f"{url}{path} did not answer: {error}") from error


def check_health() -> str:
    """The validation server is there."""
    answer = ask("/health")
    if answer != {"status": "ok"}:
        raise CheckFailed(f"/health answered {answer}")
    return "the server answers"


def check_validation() -> str:
    """It calls the sample valid, and a file of another kind not."""
    answer = ask("/validate", folder("SUBMISSION") / "submission.csv")
    if answer.get("valid") is not True:
        raise CheckFailed(f"the sample submission is called invalid: {answer.get('message')}")
    other = folder("CODE") / "not-a-submission.csv"
    other.write_text("this,is,no\nsubmission,at,all\n")
    answer = ask("/validate", other)
    other.unlink()
    if answer.get("valid") is not False:
        raise CheckFailed("a file that is no submission is called valid")
    return "the sample is valid, another file is not"


CHECKS: dict[str, Callable[[], str]] = {
    "user": check_user,
    "variables": check_variables,
    "texts": check_texts,
    "answers": check_answers,
    "own folders": check_writable,
    "data": check_data,
    "submission": check_submission,
    "health": check_health,
    "validation": check_validation,
}


def main() -> int:
    """Run every check and print a line for each; the exit status."""
    failed = 0
    for name, check in CHECKS.items():
        try:
            verdict, text = "ok", check()
        except (CheckFailed, OSError) as error:
            verdict, text = "FAILED", str(error)
            failed += 1
        print(f"{name:12} {verdict:7} {text}", flush=True)
    print(f"{len(CHECKS) - failed} of {len(CHECKS)} checks passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
