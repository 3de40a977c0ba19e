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
    assert all(isinstance(size, int) and size > 0 for size in facts["sizes"].values())
    assert competition.md5
    for path, digest in competition.md5.items():
        assert path == "raw.zip" or path.startswith(("public/", "private/")), path
        assert re.fullmatch("[0-9a-f]{32}", digest), path
    for issue in facts.get("issues", []):
        assert set(issue) <= {"problem", "fix"}
        assert issue["problem"]
    if competition.source == "kaggle":
        assert isinstance(facts["reference"]["sample_submission_score"], float)


@pytest.mark.parametrize("competition", COMPETITIONS)
def test_descriptions_are_there_and_the_obfuscated_one_gives_nothing_away(competition):
    assert len(competition.description.read_text(encoding="utf-8")) > 800
    text = competition.description_obfuscated.read_text(encoding="utf-8")
    assert len(text) > 500
    for word in (competition.id, competition.title, "kaggle"):
        assert word.lower() not in text.lower()


def test_every_task_passes_strict_type_checks(tmp_path):
    # Ids are no module names: each task.py is checked under a name of its own.
    for competition in Catalog():
        source = (competition.folder / "task.py").read_text(encoding="utf-8")
        (tmp_path / f"task_{re.sub(r'[^0-9A-Za-z]', '_', competition.id)}.py").write_text(source, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--disable-error-code=import-untyped"]
    files = map(str, sorted(tmp_path.glob("*.py")))
    done = subprocess.run([*command, *files], cwd=REPOSITORY, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
