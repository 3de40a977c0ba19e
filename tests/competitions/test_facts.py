"""What every competition folder must hold, whoever wrote it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_mlebench.catalog import Catalog
from pytest_mlebench.leaderboard import Leaderboard

REPOSITORY = Path(__file__).parents[2]
COMPETITIONS = [pytest.param(competition, id=competition.id) for competition in Catalog()]


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_the_direction_of_the_metric_is_that_of_the_leaderboard(competition):
    assert isinstance(competition.leaderboard, Leaderboard)
    assert competition.facts["metric"]["lower_is_better"] is competition.lower_is_better


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_facts_are_complete(competition):
    facts = competition.facts
    assert isinstance(facts["prize"], int)
    for counted in ("rows", "files"):
        for path, count in facts.get(counted, {}).items():
            assert path.startswith(("public/", "private/")), path
            assert isinstance(count, int)
            assert count > 0
    assert competition.md5
    for path, digest in competition.md5.items():
        assert path == "raw.zip" or path.startswith(("public/", "private/")), path
        assert re.fullmatch("[0-9a-f]{32}", digest), path
    for issue in facts.get("issues", []):
        assert set(issue) <= {"problem", "fix", "serious"}
        assert issue["problem"].endswith(".")
        assert issue.get("fix", ".").endswith(".")
        assert issue.get("serious", True) is True
    assert bool(competition.fixes) is callable(getattr(competition._task, "prepare_fixed", None))
    if competition.source == "kaggle":
        assert isinstance(facts["reference"]["sample_submission_score"], float)
        assert isinstance(facts["reference"].get("gold_score", 0.0), float)
        kernels = (competition.folder / "kernels.txt").read_text(encoding="utf-8").splitlines()
        assert all(re.fullmatch(r"[\w-]+/[\w.-]+", kernel) for kernel in kernels)
        assert len(set(kernels)) == len(kernels)


def test_types_of_every_task_are_strict(tmp_path):
    # Ids are no module names: each task.py is checked under a name of its own.
    for competition in Catalog():
        source = (competition.folder / "task.py").read_text(encoding="utf-8")
        (tmp_path / f"task_{re.sub(r'[^0-9A-Za-z]', '_', competition.id)}.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code=import-untyped"]
    files = map(str, sorted(tmp_path.glob("*.py")))
    done = subprocess.run([*command, *files], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
