"""The replay agent submits files of a folder that the user names."""

from __future__ import annotations

import pytest

from pytest_mlebench.errors import MlebenchError

LAYOUTS = ["made-up/seed-1/submission/submission.csv", "made-up/submission.csv", "made-up.csv"]


def put(folder, path, text):
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_found(layout, registered, play, public, tmp_path):
    put(tmp_path / "from here", layout, "id,target\n1,5\n")
    agent = registered("replay").with_options({"from": str(tmp_path / "from here")})
    played = play(agent, public(), None, seed=1)
    assert (played.status, played.submission.read_text()) == (0, "id,target\n1,5\n")
    assert f"submitting {layout}" in played.output


def test_the_attempts_own_seed_comes_before_what_serves_all(registered, play, public, tmp_path):
    for number, layout in enumerate(LAYOUTS):
        put(tmp_path / "runs", layout, f"{number}\n")
    agent = registered("replay").with_options({"from": str(tmp_path / "runs")})
    assert play(agent, public(), None, seed=1).submission.read_text() == "0\n"
    assert play(agent, public(), None, seed=2).submission.read_text() == "1\n"


def test_nothing_is_submitted_where_there_is_nothing(registered, play, public, tmp_path):
    agent = registered("replay").with_options({"from": str(tmp_path)})
    played = play(agent, public(), None, seed=3)
    assert played.status == 1
    assert not played.submission.exists()
    assert "no file made-up/seed-3/submission/submission.csv" in played.output


def test_an_obfuscated_competition_cannot_be_replayed_and_says_why(registered, play, public, tmp_path):
    agent = registered("replay").with_options({"from": str(tmp_path)})
    played = play(agent, public(), None, competition=None)
    assert played.status == 2
    assert "--mlebench-description plain" in played.output


def test_the_folder_is_asked_for_and_must_be_there(registered, tmp_path, monkeypatch):
    with pytest.raises(MlebenchError, match=r"it needs a folder: name one with --mlebench-option from=FOLDER"):
        registered("replay").with_options({})
    with pytest.raises(MlebenchError, match=r"gone is no folder"):
        registered("replay").with_options({"from": str(tmp_path / "gone")})
    monkeypatch.chdir(tmp_path)
    assert registered("replay").with_options({"from": "."}).folder == tmp_path
