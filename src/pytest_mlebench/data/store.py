"""The data of all competitions on this machine: what is prepared, and preparing what is not."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any

from pytest_mlebench.competition import Competition
from pytest_mlebench.data.places import Places, PreparedData, default_root
from pytest_mlebench.data.progress import Progress, Step, silent
from pytest_mlebench.errors import HarnessError

__all__ = ["DataStore", "NotPreparedError", "PreparedData"]


class NotPreparedError(HarnessError):
    """A competition's data is not prepared, and preparing it was not allowed; the text holds the command that would."""

    def __init__(self, competition: str, options: str = "") -> None:
        command = f"mlebench prepare {competition} {options}".rstrip()
        what = {"--fixed": "repaired data", "--description original": "original description"}.get(options, "data")
        super().__init__(f"the {what} of {competition} is not prepared; `{command}` does that")


class DataStore:
    """The data of all competitions below one cache folder; safe to use from many processes and threads at once."""

    def __init__(self, root: Path | None = None) -> None:
        self.root = root.absolute() if root is not None else default_root()
        self._running: set[subprocess.Popen[str]] = set()

    def places(self, competition: Competition, *, fixed: bool = False) -> Places:
        """Where the competition's data lies or would lie; with `fixed`, its repaired variant."""
        return Places(self.root / competition.id, fixed)

    def prepared(self, competition: Competition, *, fixed: bool = False) -> PreparedData | None:
        """The competition's prepared folders, or None; costs a few stats."""
        places = self.places(competition, fixed=fixed)
        return places.prepared if places.is_prepared() else None

    def original_description(self, competition: Competition) -> Path | None:
        """The text of Kaggle's own pages, or None where it was not fetched."""
        path = self.places(competition).original_description
        return path if path.is_file() else None

    def prepare(
        self,
        competition: Competition,
        *,
        raw_dir: Path | None = None,
        download: bool = False,
        force: bool = False,
        keep_zip: bool = False,
        fixed: bool = False,
        original: bool = False,
        progress: Progress | None = None,
    ) -> PreparedData:
        """The competition's prepared folders, prepared now where they are not there.

        What is prepared is not touched unless `force` is given. Raw data comes from `raw_dir` (a folder with the files,
        or with <id>.zip), or with `download` from an earlier download or from Kaggle; builtin competitions need
        neither. The archive of a download is removed once it is unpacked, unless `keep_zip` is given.
        `fixed` asks for the repaired variant, a folder of its own; `original` for Kaggle's own description as well,
        which is fetched where `download` allows it.

        The work is done in a process of its own, so that this one loads neither pandas nor kaggle; where another
        process prepares the same competition, this waits for it and takes what it made.

        Raises NotPreparedError where none of this is allowed, and HarnessError where it fails.
        """
        places = self.places(competition, fixed=fixed)
        original = original and competition.source == "kaggle"
        described = not original or places.original_description.is_file()
        if places.is_prepared() and described and not force:
            return places.prepared
        if original and not described and not download:
            raise NotPreparedError(competition.id, "--description original")
        if competition.source != "builtin" and raw_dir is None and not download:
            raise NotPreparedError(competition.id, "--fixed" if fixed else "")
        order = {
            "root": str(self.root),
            "competition": str(competition.folder),
            "raw_dir": str(raw_dir.absolute()) if raw_dir is not None else None,
            "force": force,
            "keep_zip": keep_zip,
            "fixed": fixed,
            "original": original,
        }
        self._carry_out(competition.id, order, progress or silent)
        return places.prepared

    def interrupt(self) -> None:
        """End the preparations that other threads have under way; they raise HarnessError."""
        for process in list(self._running):
            process.terminate()

    def _carry_out(self, competition: str, order: dict[str, Any], progress: Progress) -> None:
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
            process = subprocess.Popen(
                # -P: a pandas.py in the user's folder must not be taken for the real one.
                [sys.executable, "-P", "-m", "pytest_mlebench.data.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                # Ctrl-C goes to the foreground's processes; how this one ends is for its parent to say.
                start_new_session=True,
            )
            self._running.add(process)
            try:
                if self._converse(process, order, progress) or process.wait() == 0:
                    return
            except BaseException:
                _end(process)
                raise
            finally:
                self._running.discard(process)
                for pipe in (process.stdin, process.stdout):
                    with contextlib.suppress(OSError):
                        assert pipe is not None
                        pipe.close()
                process.wait()
            raise HarnessError(f"preparing {competition} {_how_it_ended(process.returncode, errors)}")

    def _converse(self, process: subprocess.Popen[str], order: dict[str, Any], progress: Progress) -> bool:
        """Give the order and pass on progress; whether the process said that it is done. Raises what it reports."""
        assert process.stdin is not None
        assert process.stdout is not None
        with contextlib.suppress(BrokenPipeError):  # it ended at once; how is told by its status
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        for line in process.stdout:
            message = json.loads(line)
            if "error" in message:
                raise HarnessError(message["error"])
            if "done" in message:
                return True
            progress(Step(**message["step"]))
        return False


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()


def _how_it_ended(status: int, errors: IO[str]) -> str:
    """How a process ended that did not say why."""
    if status == -9:
        return "was killed, most likely for memory: run it again with more memory, or with fewer at a time (-j)"
    if status in (-2, -15, 130):
        return "was interrupted"
    errors.seek(0)
    lines = [line.strip() for line in errors if line.strip()]
    return f"ended with status {status}" + (f": {lines[-1]}" if lines else "")
