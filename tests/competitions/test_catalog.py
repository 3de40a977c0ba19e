from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.catalog import Catalog
from pytest_mlebench.competition import COMPLEXITIES
from pytest_mlebench.errors import MlebenchError, UnknownNameError
from pytest_mlebench.leaderboard import Leaderboard

TOML = """\
id = "{id}"
title = "A title"
category = "tabular"
complexity = "{complexity}"
source = "kaggle"
answers = "test.csv"
sample_submission = "sample_submission.csv"
[metric]
name = "accuracy"
"""


def add(parent: Path, name: str, complexity: str = "low", text: str = TOML) -> Path:
    (parent / name).mkdir(parents=True)
    (parent / name / "competition.toml").write_text(text.format(id=name, complexity=complexity))
    return parent


def test_the_ids_of_all_complexities_are_the_real_and_the_builtin_ones():
    by_complexity = {complexity: catalog.ids(complexity) for complexity in COMPLEXITIES}
    assert sorted(id for ids in by_complexity.values() for id in ids) == Catalog().all_ids()
    assert sorted(id for c, ids in by_complexity.items() if c != "builtin" for id in ids) == catalog.ids()
    assert all(catalog.get(id).source == "builtin" for id in by_complexity["builtin"])


@pytest.mark.parametrize(
    ("id", "complexity", "markers"),
    [
        ("spaceship-titanic", "dev", ("dev", "tabular")),
        ("spooky-author-identification", "low", ("low_complexity", "text_classification")),
        ("tgs-salt-identification-challenge", "medium", ("medium_complexity", "image_segmentation")),
    ],
)
def test_a_competition_is_listed_under_its_complexity_and_marked(id, complexity, markers):
    assert id in catalog.ids(complexity)
    assert catalog.get(id).markers == markers


def test_an_unknown_id_names_the_near_ones():
    with pytest.raises(UnknownNameError, match="did you mean spaceship-titanic"):
        catalog.get("spaceship-titanik")


def test_an_unknown_complexity_names_the_known_ones():
    with pytest.raises(UnknownNameError, match="no complexity named 'lowest': did you mean low"):
        catalog.ids("lowest")


def test_added_folders_join_the_packaged_competitions(tmp_path):
    add(tmp_path, "mine", "high")
    mixed = Catalog([tmp_path])
    assert mixed.all_ids() == sorted([*Catalog().all_ids(), "mine"])
    assert "mine" in mixed.ids("high")
    assert "mine" not in catalog.ids("high")
    assert [competition.id for competition in mixed] == mixed.all_ids()
    assert mixed.get("mine") is mixed.get("mine")


def test_a_folder_given_twice_counts_once(tmp_path):
    add(tmp_path, "mine")
    packaged = Path(catalog.__file__).parent / "competitions"
    assert "mine" in Catalog([tmp_path, tmp_path, packaged]).all_ids()


def test_an_id_in_two_folders_is_refused(tmp_path):
    with pytest.raises(MlebenchError, match="two competitions are named 'mine'"):
        Catalog([add(tmp_path / "a", "mine"), add(tmp_path / "b", "mine")])
    with pytest.raises(MlebenchError, match="two competitions are named 'spaceship-titanic'"):
        Catalog([add(tmp_path / "c", "spaceship-titanic")])


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(MlebenchError, match=r"cannot list the competitions in .*nowhere"):
        Catalog([tmp_path / "nowhere"])


def test_folders_and_files_without_a_competition_are_passed_over(tmp_path):
    add(tmp_path, "mine")
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "README.md").write_text("notes")
    assert set(Catalog([tmp_path]).all_ids()) - set(Catalog().all_ids()) == {"mine"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("id = ", "id: "), "cannot read .*competition.toml"),
        (('"A title"', "3"), "title is missing or not a string"),
        (('answers = "test.csv"', ""), "answers is missing"),
        (('"{complexity}"', '"easy"'), "complexity is 'easy', but must be one of low, medium"),
        (('"kaggle"', '"elsewhere"'), "source is 'elsewhere', but must be one of kaggle, builtin"),
        (('"{id}"', '"other"'), "id 'other' must be the folder's name"),
        (("[metric]", "[other]"), "a table \\[metric\\] with a name is missing"),
        (("[metric]", "md5 = 3\n[metric]"), "md5 is not a table"),
    ],
)
def test_a_wrong_competition_toml_is_named_with_what_is_wrong(tmp_path, change, message):
    add(tmp_path, "mine", text=TOML.replace(*change))
    with pytest.raises(MlebenchError, match=message) as caught:
        Catalog([tmp_path]).get("mine")
    assert str(tmp_path / "mine" / "competition.toml") in str(caught.value)


def test_a_broken_competition_does_not_keep_others_from_being_read(tmp_path):
    add(tmp_path, "mine", text="nonsense")
    assert Catalog([tmp_path]).get("spaceship-titanic").title == "Spaceship Titanic"


def test_listing_competitions_reads_neither_leaderboards_nor_code(monkeypatch):
    def refuse(path, *_):
        raise AssertionError(f"{path} is read")

    monkeypatch.setattr(Leaderboard, "read", refuse)
    monkeypatch.setattr(importlib.util, "spec_from_file_location", lambda name, path: refuse(path))
    assert len([competition.markers for competition in Catalog()]) >= 86


def test_importing_the_catalog_loads_nothing_heavy():
    code = (
        "import sys, pytest_mlebench.catalog as catalog; catalog.ids(); catalog.get('spaceship-titanic').leaderboard;"
        "print([m for m in ('pandas', 'numpy', 'sklearn', 'scipy', 'docker', 'rich', 'kaggle') if m in sys.modules])"
    )
    environment = {key: value for key, value in os.environ.items() if not key.startswith("COV")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "[]"
