"""Runs MLAgentBench's ResearchAgent on the competition, and submits what it writes as it writes it.

Uses the standard library alone. MLAB itself lives in $MLAB_HOME (default /opt/mlab): source/, venv/, tiktoken/.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

TASK = "competition"
POLL = 3.0  # seconds
KEPT_FILE = 10_000_000  # bytes; larger files of the work folder are not kept with the attempt

_PLACES = """\

## Your folder

You work in one folder, and your tools reach only what is in it. This is how the places above look from there:

- `data/` holds the competition's data, to read only. It is a link: list it as `data/`, with the slash at its end.
- There is no script to begin with: name a new one where you edit a script, such as `train.py`, and execute it.
- Your submission is the file `submission.csv` in your folder. It is handed in each time it has been written, and the
  last one counts. Write one early and then improve on it.
"""


class SetupError(Exception):
    """What is missing, where, and what to do, in one line."""


@dataclass(frozen=True)
class Settings:
    """What the attempt gives: folders, options, limits."""

    home: Path
    data: Path
    instructions: Path
    submission: Path
    code: Path
    logs: Path
    model: str
    steps: int
    max_tokens: int
    time_limit: int
    """Seconds."""
    device: int
    """The GPU that MLAB shows to scripts; of no effect where there is none."""
    base_url: str

    @property
    def task_folder(self) -> Path:
        """MLAB's folder of the task."""
        return self.home / "source" / "MLAgentBench" / "benchmarks" / TASK

    @property
    def work(self) -> Path:
        """The folder that MLAB makes from the task's and works in."""
        return self.code / TASK

    @property
    def log_folder(self) -> Path:
        """MLAB's logs, kept with the attempt."""
        return self.logs / "mlab"


def read_settings(variables: Mapping[str, str]) -> Settings:
    """The settings that environment variables give. Raises SetupError where one is missing or no number."""

    def get(name: str) -> str:
        if not (value := variables.get(name, "")):
            raise SetupError(f"{name} is not set: run this agent with pytest --mlebench-agent=mlab")
        return value

    def number(option: str) -> int:
        text = get(f"MLEBENCH_OPTION_{option.upper()}")
        if not text.isdecimal() or int(text) < 1:
            raise SetupError(f"option {option} is {text!r}: give a whole number from 1, --mlebench-option {option}=N")
        return int(text)

    base_url = variables.get("OPENAI_API_BASE") or variables.get("OPENAI_BASE_URL", "")
    if not base_url:
        raise SetupError("OPENAI_API_BASE is not set, so there is no model: run with --mlebench-network=llm")
    device = variables.get("CUDA_VISIBLE_DEVICES", "").split(",")[0]
    return Settings(
        home=Path(variables.get("MLAB_HOME", "/opt/mlab")),
        data=Path(get("MLEBENCH_DATA_DIR")),
        instructions=Path(get("MLEBENCH_INSTRUCTIONS")),
        submission=Path(get("MLEBENCH_SUBMISSION_DIR")),
        code=Path(get("MLEBENCH_CODE_DIR")),
        logs=Path(get("MLEBENCH_LOGS_DIR")),
        model=get("MLEBENCH_OPTION_MODEL"),
        steps=number("steps"),
        max_tokens=number("max_tokens"),
        time_limit=int(float(get("MLEBENCH_TIME_LIMIT"))),
        device=int(device) if device.isdecimal() else 0,
        base_url=base_url,
    )


def make_task(settings: Settings) -> None:
    """Make MLAB's folder of the task: env/ with a link to the data, and the research problem.

    Raises SetupError where MLAB is not there.
    """
    if not settings.task_folder.parent.is_dir():
        raise SetupError(f"no MLAgentBench in {settings.home}: run in Docker, where this agent has its own image")
    shutil.rmtree(settings.task_folder, ignore_errors=True)
    (settings.task_folder / "env").mkdir(parents=True)
    (settings.task_folder / "scripts").mkdir()
    (settings.task_folder / "env" / "data").symlink_to(settings.data)
    problem = settings.instructions.read_text(encoding="utf-8") + _PLACES
    (settings.task_folder / "scripts" / "research_problem.txt").write_text(problem, encoding="utf-8")


def command(settings: Settings) -> list[str]:
    """MLAB's command line. Scripts run with the environment's Python, which runs this launcher too."""
    # LLM.py sends only names that begin like this to a chat model by OpenAI's protocol; bridge.py puts the real one in.
    alias = "gpt-4:" + settings.model.replace("/", ":")
    options = {
        "python": sys.executable,
        "task": TASK,
        "device": settings.device,
        "log-dir": settings.log_folder,
        "work-dir": settings.code,
        "llm-name": alias,
        "fast-llm-name": alias,
        "edit-script-llm-name": alias,
        "edit-script-llm-max-tokens": settings.max_tokens,
        "max-steps": settings.steps,
        "agent-max-steps": settings.steps,
        "max-time": settings.time_limit,
        "agent-type": "ResearchAgent",
    }
    program = [settings.home / "venv" / "bin" / "python", "-u", Path(__file__).with_name("bridge.py")]
    return [str(word) for word in (*program, *(word for key, value in options.items() for word in (f"--{key}", value)))]


def environment(settings: Settings, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that MLAB, its model library and bridge.py read, beside those given."""
    return {
        **variables,
        "OPENAI_API_BASE": settings.base_url,
        "TIKTOKEN_CACHE_DIR": str(settings.home / "tiktoken"),
        "MLAB_MODEL": settings.model,
        "MLAB_MAX_TOKENS": str(settings.max_tokens),
    }


class Submitter:
    """Hands in a file each time it has been written anew: whole, or not at all."""

    def __init__(self, source: Path, folder: Path) -> None:
        self._source = source
        self._folder = folder
        self._seen: tuple[int, ...] | None = None
        self._submitted: tuple[int, ...] | None = None

    def look(self, *, complete: bool = False) -> bool:
        """Hand the file in if it is new and the same as at the last look; True if that was done.

        With `complete` nothing can be writing it any more, and one look is enough.
        """
        before = self._state()
        settled = complete or before == self._seen
        self._seen = before
        if before is None or before == self._submitted or not settled:
            return False
        aside = self._folder / ".submission.csv.part"
        try:
            shutil.copyfile(self._source, aside)
            if self._state() != before:
                return False
            aside.replace(self._folder / "submission.csv")
        except OSError as error:
            print(f"mlab: cannot hand in {self._source}: {error.strerror}; trying again", flush=True)
            return False
        finally:
            aside.unlink(missing_ok=True)
        self._submitted = before
        print(f"mlab: handed in {self._source.name}, {before[0]} bytes", flush=True)
        return True

    def _state(self) -> tuple[int, ...] | None:
        """What changes when the file does; None where there is no file."""
        try:
            found = self._source.stat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns, found.st_ino) if self._source.is_file() else None


def drop_copies(log_folder: Path, *, keep: int) -> None:
    """Remove the copies of the work folder that MLAB makes after every step, but for the newest `keep`."""
    try:
        copies = sorted((log_folder / "env_log" / "traces").iterdir(), key=lambda path: path.stat().st_mtime_ns)
    except OSError:
        return
    for path in copies[: len(copies) - keep]:
        shutil.rmtree(path, ignore_errors=True)


def drop_large_files(folder: Path) -> None:
    """Remove files of KEPT_FILE bytes and more, without following links."""
    for parent, _, names in os.walk(folder):
        for path in (Path(parent, name) for name in names):
            try:
                if not path.is_symlink() and path.stat().st_size >= KEPT_FILE:
                    path.unlink()
                    print(f"mlab: not kept for its size: {path.relative_to(folder)}", flush=True)
            except OSError:
                continue


class _Stop:
    """SIGTERM: ends MLAB and its scripts at once."""

    def __init__(self) -> None:
        self.asked = False
        self.process: subprocess.Popen[bytes] | None = None
        signal.signal(signal.SIGTERM, lambda *_: self._ask())

    def _ask(self) -> None:
        self.asked = True
        self.end()

    def end(self) -> None:
        """Kill MLAB and what it started, also what outlived it."""
        if self.process is not None:
            # Where nothing is left of the group.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)


def run(settings: Settings, argv: list[str], variables: Mapping[str, str], poll: float = POLL) -> int:
    """Run MLAB's command line to its end or to SIGTERM, handing in as it goes, with a look each `poll` seconds.

    The exit status is MLAB's, 128 plus the signal's number where one ended it, and 143 after SIGTERM.
    """
    stop = _Stop()
    submitter = Submitter(settings.work / "submission.csv", settings.submission)
    settings.log_folder.mkdir(parents=True, exist_ok=True)
    # LLM.py reads "organization:key" from this file of its working folder; the gateway asks for neither.
    (settings.log_folder / "openai_api_key.txt").write_text(":mlebench", encoding="utf-8")
    process = subprocess.Popen(argv, cwd=settings.log_folder, env=dict(variables), process_group=0)
    stop.process = process
    if stop.asked:
        stop.end()
    while True:
        try:
            status = process.wait(timeout=poll)
            break
        except subprocess.TimeoutExpired:
            submitter.look()
            drop_copies(settings.log_folder, keep=2)
    stop.end()
    # A file that was being written when all was killed may be half a file: what stood before it counts.
    submitter.look(complete=not stop.asked)
    drop_copies(settings.log_folder, keep=0)
    drop_large_files(settings.work)
    if stop.asked:
        return 128 + signal.SIGTERM
    return status if status >= 0 else 128 - status


def main() -> int:
    """Read the settings, make the task, run MLAB."""
    try:
        settings = read_settings(os.environ)
        make_task(settings)
    except SetupError as error:
        print(f"mlab: {error}", file=sys.stderr)
        return 2
    return run(settings, command(settings), environment(settings, os.environ))


if __name__ == "__main__":
    sys.exit(main())
