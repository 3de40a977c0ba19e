"""Where the agent works: folders, seed, clock, and the validation server."""

from __future__ import annotations

import json
import os
import shutil
import time
import urllib.error
import urllib.request
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

__all__ = ["Workplace"]


@dataclass
class Workplace:
    """The surroundings of one attempt, as the environment variables describe them."""

    data: Path
    """The public folder."""
    submission: Path
    """The file to hand in."""
    code: Path
    """The agent's own folder, for drafts."""
    seed: int = 0
    budget: float = 600.0
    """Seconds to work, counted from `started`."""
    validation: str = ""
    """URL of the validation server; "" for none."""
    started: float = field(default_factory=time.monotonic)

    @classmethod
    def of_environment(cls) -> Workplace:
        """The workplace that MLEBENCH_* variables describe."""
        given = os.environ.get
        limit = _number(given("MLEBENCH_TIME_LIMIT"), 24 * 3600)
        wish = _number(given("MLEBENCH_OPTION_TIME_BUDGET"), 600)
        return cls(
            data=Path(given("MLEBENCH_DATA_DIR") or "/home/data"),
            submission=Path(given("MLEBENCH_SUBMISSION_DIR") or "/home/submission") / "submission.csv",
            code=Path(given("MLEBENCH_CODE_DIR") or "/home/code"),
            seed=int(_number(given("MLEBENCH_SEED"), 0)),
            # A part of the limit is kept for start-up, writing and validation.
            budget=max(0.0, min(wish, 0.8 * limit - 2)),
            validation=(given("MLEBENCH_VALIDATION_URL") or "").rstrip("/"),
        )

    def left(self) -> float:
        """Seconds that are left of the budget."""
        return self.started + self.budget - time.monotonic()

    def say(self, text: str) -> None:
        """Print a line with the seconds since the start."""
        print(f"[{time.monotonic() - self.started:6.1f}s] {text}", flush=True)

    def hand_in(self, table: pd.DataFrame) -> bool:
        """Make `table` the submission where the validation server has nothing against it; whether it has become so.

        Until then the former submission stays, and a killed agent leaves a whole file.
        """
        draft = self.code / "draft.csv"
        table.to_csv(draft, index=False)
        return self.hand_in_file(draft)

    def hand_in_file(self, draft: Path) -> bool:
        """As `hand_in`, with a file that is there already."""
        verdict, message = self._validate(draft)
        if verdict is False:
            self.say(f"the draft is not valid and is not handed in: {message}")
            return False
        temporary = self.submission.with_name(".submission.csv")
        shutil.copyfile(draft, temporary)
        temporary.replace(self.submission)
        self.say("handed in, " + ("valid" if verdict else f"not validated: {message}"))
        return True

    def _validate(self, file: Path) -> tuple[bool | None, str]:
        """Whether the file is valid, and why; None where nobody can tell."""
        if not self.validation:
            return None, "there is no validation server"
        boundary = uuid.uuid4().hex
        name = f'Content-Disposition: form-data; name="file"; filename="{file.name}"'
        body = f"--{boundary}\r\n{name}\r\n\r\n".encode() + file.read_bytes() + f"\r\n--{boundary}--\r\n".encode()
        request = urllib.request.Request(
            f"{self.validation}/validate",
            data=body,
            headers={"Content-Type": f"multipart/form-data; boundary={boundary}"},
        )
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=300) as answer:
                said = json.load(answer)
            return bool(said["valid"]), str(said.get("message", ""))
        except urllib.error.HTTPError as error:
            return None, f"the server answered {error.code}"
        except (OSError, ValueError, KeyError, TypeError) as error:
            return None, f"the server did not answer ({error})"


def _number(text: str | None, default: float) -> float:
    """A positive number, or `default` where `text` is none."""
    try:
        value = float(text or "")
    except ValueError:
        return default
    return value if value >= 0 else default
