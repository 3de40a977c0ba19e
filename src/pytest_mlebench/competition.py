"""A competition: the facts in its folder, and the code there that prepares its data and grades a submission."""

from __future__ import annotations

import importlib.util
import math
import re
import tomllib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any, Literal, get_args

from pytest_mlebench.errors import GraderError, HarnessError, InvalidSubmissionError, MlebenchError
from pytest_mlebench.grading.grade import Grade
from pytest_mlebench.leaderboard import Leaderboard

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COMPLEXITIES", "Competition", "Complexity"]

Complexity = Literal["low", "medium", "high", "dev", "builtin"]
COMPLEXITIES: tuple[Complexity, ...] = get_args(Complexity)

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_TEXTS = ("id", "title", "category", "complexity", "source", "answers", "sample_submission")
_REFUSED = (
    "the grader cannot make sense of its values: compare columns, types and ranges with the description "
    "and the sample submission"
)


_answers_read: tuple[tuple[object, ...], object] | None = None
"""The answers that were used last, and whose they are; graders do not change them."""


@dataclass(frozen=True)
class Competition:
    """One competition, as its folder describes it; two are equal when their folders are.

    Making one reads competition.toml only; the leaderboard and task.py are read when they are first used.
    """

    folder: Path
    id: str = field(compare=False)
    title: str = field(compare=False)
    category: str = field(compare=False)
    """What kind of task it is, for a person, e.g. ``image classification``."""
    complexity: Complexity = field(compare=False)
    source: Literal["kaggle", "builtin"] = field(compare=False)
    """Where raw data come from: a download from Kaggle, or `make_raw`."""
    metric: str = field(compare=False)
    answers: str = field(compare=False)
    """Path of the answers, below the private folder."""
    sample_submission: str = field(compare=False)
    """Path of the sample submission, below the public folder; ``private/...`` where the public one is in an archive."""
    gold_submission: str = field(compare=False)
    """Path of a best submission, below the private folder; the answers themselves unless competition.toml says more."""
    md5: Mapping[str, str] = field(compare=False, repr=False)
    """Checksums of the real data: of the download (``raw.zip``) and of prepared files, by path."""
    facts: Mapping[str, Any] = field(compare=False, repr=False)
    """Everything that competition.toml holds."""

    @classmethod
    def read(cls, folder: Path) -> Competition:
        """The competition in `folder`; raises MlebenchError naming what is wrong with its competition.toml."""
        path = folder / "competition.toml"
        try:
            facts = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise MlebenchError(f"cannot read {path}: {error}") from error
        for key in _TEXTS:
            if not isinstance(facts.get(key), str) or not facts[key]:
                raise MlebenchError(f"{path}: {key} is missing or not a string")
        if facts["id"] != folder.name or not _ID.fullmatch(facts["id"]):
            raise MlebenchError(f"{path}: id {facts['id']!r} must be the folder's name: letters, digits, '-', '_', '.'")
        for key, known in (("complexity", COMPLEXITIES), ("source", ("kaggle", "builtin"))):
            if facts[key] not in known:
                raise MlebenchError(f"{path}: {key} is {facts[key]!r}, but must be one of {', '.join(known)}")
        metric, md5 = facts.get("metric"), facts.get("md5", {})
        if not isinstance(metric, dict) or not isinstance(metric.get("name"), str):
            raise MlebenchError(f"{path}: a table [metric] with a name is missing")
        if not isinstance(md5, dict):
            raise MlebenchError(f"{path}: md5 is not a table")
        return cls(
            folder=folder,
            metric=metric["name"],
            md5=MappingProxyType(md5),
            facts=MappingProxyType(facts),
            gold_submission=str(facts.get("gold_submission", facts["answers"])),
            **{key: facts[key] for key in _TEXTS},
        )

    @cached_property
    def leaderboard(self) -> Leaderboard:
        """The human private leaderboard."""
        return Leaderboard.read(self.folder / "leaderboard.csv")

    def load(self) -> None:
        """Read the leaderboard and task.py now, not when they are first used; raises what reading them raises."""
        _ = self.leaderboard, self._task

    @property
    def lower_is_better(self) -> bool:
        """The metric's direction, as the leaderboard shows it."""
        return self.leaderboard.lower_is_better

    @property
    def markers(self) -> tuple[str, str]:
        """Names of its pytest markers: complexity and category."""
        graded = self.complexity in ("low", "medium", "high")
        category = re.sub(r"\W+", "_", self.category.lower())
        return f"{self.complexity}_complexity" if graded else self.complexity, category

    @property
    def description(self) -> Path:
        """The task as an agent reads it."""
        return self.folder / "description.md"

    @property
    def description_obfuscated(self) -> Path:
        """The task without what would let an agent recognise the competition."""
        return self.folder / "description_obfuscated.md"

    def sample_path(self, public: Path, private: Path) -> Path:
        """Where the sample submission lies in prepared folders."""
        name = self.sample_submission.removeprefix("private/")
        return (public if name == self.sample_submission else private) / name

    def make_raw(self, raw: Path) -> None:
        """Write raw data to the existing folder `raw`, where the competition needs no download.

        Raises HarnessError where task.py has no such function or it fails.
        """
        make_raw = self._function("make_raw", "its raw data must be downloaded")
        self._run("making raw data", make_raw, raw)

    @property
    def fixes(self) -> list[str]:
        """What the repaired variant of its data mends, a sentence each; empty where there is no such variant."""
        return [issue["fix"] for issue in self.facts.get("issues", []) if "fix" in issue]

    def serious_problems(self, *, fixed: bool = False) -> list[str]:
        """Known problems that a reader of results has to know, a sentence each; with `fixed`, those that are left."""
        issues = self.facts.get("issues", [])
        return [each["problem"] for each in issues if each.get("serious") and not (fixed and "fix" in each)]

    def described(self, *, fixed: bool = False, obfuscated: bool = False) -> str:
        """The text of the description; for the repaired variant it ends with what was mended."""
        text = (self.description_obfuscated if obfuscated else self.description).read_text(encoding="utf-8")
        if fixed and self.fixes:
            text += "\n## Repairs\n\nThe data differ from those described above:\n\n"
            text += "".join(f"- {fix}\n" for fix in self.fixes)
        return text

    def prepare(self, raw: Path, public: Path, private: Path, *, fixed: bool = False) -> None:
        """Prepare the data from `raw` (the download, unpacked) into the existing empty folders `public`, `private`.

        `fixed` asks for the repaired variant. Raises HarnessError where there is none, the raw data are not what
        task.py expects, or the disk fails.
        """
        if fixed:
            prepare = self._function("prepare_fixed", "there is no repaired variant of its data")
        else:
            prepare = self._function("prepare")
        self._run(f"preparing {raw}", prepare, raw, public, private)

    def grade(self, submission_csv: Path, private: Path) -> Grade:
        """Grade a submission against the answers in `private`; a bad one comes back invalid, with the reason.

        Raises GraderError where the grader is broken, and HarnessError where the answers are not there.
        """
        leaderboard = self.leaderboard
        thresholds = {"competition": self.id, **leaderboard.thresholds}
        try:
            raw_score = self._score(submission_csv, private)
        except InvalidSubmissionError as refusal:
            return Grade(valid=False, reason=str(refusal), **thresholds)
        score = round(raw_score, 5)
        reason = None
        if not math.isfinite(score):
            reason = "the score is not a number" if math.isnan(score) else "the score is infinite"
        return Grade(
            valid=True,
            reason=reason,
            raw_score=raw_score,
            score=score,
            medal=leaderboard.medal(score),
            above_median=leaderboard.above_median(score),
            rank=None if math.isnan(score) else leaderboard.rank(score),
            **thresholds,
        )

    def _score(self, submission_csv: Path, private: Path) -> float:
        from pytest_mlebench.grading.submission import read_submission

        grade = self._function("grade", error=GraderError)
        options: Mapping[str, Any] = getattr(self._task, "READ_OPTIONS", {})
        answers = self._answers(private)
        try:
            return _quietly(grade, read_submission(submission_csv, **options), answers)
        except MlebenchError:
            raise
        except Exception as failure:
            # Whose fault is it? A grader that grades the answers themselves, read anew, is in order.
            _forget_answers()
            try:
                gold = read_submission(private / self.gold_submission, **options)
                _quietly(grade, gold, self._read_answers(private))
            except Exception as broken:
                raise GraderError(
                    f"the grader of {self.id} is broken, it fails on the answers themselves: {_one_line(broken)}"
                ) from failure
            # The failure's own text may quote answers.
            raise InvalidSubmissionError(_REFUSED) from failure

    def _answers(self, private: Path) -> object:
        """The answers, read once a process as long as no other competition is graded and the file is the same."""
        global _answers_read
        path = private / self.answers
        try:
            status = path.stat()
        except OSError:
            raise HarnessError(f"the answers of {self.id} are not at {path}: prepare its data again") from None
        key = (self.folder, private, status.st_ino, status.st_size, status.st_mtime_ns)
        if _answers_read is None or _answers_read[0] != key:
            _answers_read = None  # two large ones need not fit into memory
            _answers_read = key, self._read_answers(private)
        return _answers_read[1]

    def _read_answers(self, private: Path) -> object:
        read: Callable[[Path], object] = getattr(self._task, "read_answers", self._read_answers_csv)
        try:
            return read(private)
        except Exception as error:
            raise GraderError(f"the answers of {self.id} in {private} cannot be read: {_one_line(error)}") from error

    def _read_answers_csv(self, private: Path) -> pd.DataFrame:
        from pytest_mlebench.preparing.tables import read_csv

        return read_csv(private / self.answers)

    @cached_property
    def _task(self) -> ModuleType:
        path = self.folder / "task.py"
        spec = importlib.util.spec_from_file_location(f"mlebench_task_{re.sub(r'[^0-9A-Za-z]', '_', self.id)}", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    def _function(self, name: str, hint: str = "", error: type[HarnessError] = HarnessError) -> Callable[..., Any]:
        try:
            function: Callable[..., Any] | None = getattr(self._task, name, None)
        except Exception as failure:
            raise error(f"{self.folder / 'task.py'} cannot be loaded: {_one_line(failure)}") from failure
        if function is None or not callable(function):
            raise error(f"{self.folder / 'task.py'} has no function {name}{': ' + hint if hint else ''}")
        return function

    def _run(self, doing: str, function: Callable[..., None], *folders: Path) -> None:
        try:
            function(*folders)
        except MlebenchError:
            raise
        except Exception as error:
            raise HarnessError(f"{self.id}: {doing} failed: {_one_line(error)}") from error


def _forget_answers() -> None:
    global _answers_read
    _answers_read = None


def _quietly(grade: Callable[..., Any], submission: pd.DataFrame, answers: object) -> float:
    """The grader's score; warnings of numpy and scikit-learn about odd values are not for anyone to read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(grade(submission, answers))


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
