"""mlebench list, show and rank."""

from __future__ import annotations

import json
import re

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.catalog import Catalog


def test_list_has_a_greppable_line_for_each(mlebench):
    result = mlebench("list")
    assert result.exit_code == 0
    head, *lines = result.stdout.splitlines()
    assert head.split() == ["id", "complexity", "category", "metric", "prepared"]
    assert [line.split()[0] for line in lines] == Catalog().all_ids()
    assert "\x1b" not in result.stdout
    column = head.index("complexity")
    assert all(line[column - 1] == " " != line[column] for line in lines), "columns are not aligned"


def test_list_of_one_complexity(mlebench):
    lines = mlebench("list", "--complexity", "builtin").stdout.splitlines()[1:]
    assert [line.split()[0] for line in lines] == catalog.ids("builtin")


def test_list_says_what_is_prepared(mlebench, wine):
    value = json.loads(mlebench("list", "--json").stdout)
    assert [one["id"] for one in value if one["prepared"]] == ["builtin-wine"]
    line = next(line for line in mlebench("list").stdout.splitlines() if line.startswith("builtin-wine "))
    assert line.endswith("yes")


def test_an_unknown_complexity_names_the_known(mlebench):
    result = mlebench("list", "--complexity", "loww")
    assert result.exit_code == 2
    assert result.stderr == "mlebench: no complexity named 'loww': did you mean low?\n"


def test_show_has_thresholds_and_where_the_data_is(mlebench, wine):
    lines = dict(line.split("  ", 1) for line in mlebench("show", "builtin-wine").stdout.splitlines())
    facts = {name: value.strip() for name, value in lines.items()}
    board = catalog.get("builtin-wine").leaderboard
    assert float(facts["gold"]) == board.gold
    assert "lower is better" in facts["metric"]
    assert facts["data"] == str(wine.public.parent)
    value = json.loads(mlebench("show", "builtin-wine", "--json").stdout)
    assert value["thresholds"]["bronze"] == board.bronze
    assert value["teams"] == board.teams


def test_show_gives_the_command_that_would_prepare(mlebench):
    assert "`mlebench prepare spaceship-titanic`" in mlebench("show", "spaceship-titanic").stdout


def test_an_unknown_competition_names_the_near_ones(mlebench):
    result = mlebench("show", "spaceship-titanik")
    assert result.exit_code == 2
    assert "did you mean spaceship-titanic?" in result.stderr


@pytest.mark.parametrize("score", ["0.81", "-0.5", "1e400", "-1e-3"])
def test_rank_takes_any_number(mlebench, score):
    result = mlebench("rank", "spaceship-titanic", score, "--json")
    if score == "1e400":
        assert result.exit_code == 2
        return
    assert result.exit_code == 0
    value = json.loads(result.stdout)
    board = catalog.get("spaceship-titanic").leaderboard
    assert value["rank"] == board.rank(float(score))
    assert value["medal"] == board.medal(float(score))
    assert value["above_median"] == board.above_median(float(score))


def test_rank_in_words(mlebench):
    text = mlebench("rank", "spaceship-titanic", "0.81").stdout
    assert text.startswith("spaceship-titanic: score 0.81, rank 219 of 2288, bronze medal, above the median (gold ")


@pytest.mark.parametrize("score", ["nan", "high", ""])
def test_rank_refuses_what_is_no_number(mlebench, score):
    result = mlebench("rank", "spaceship-titanic", score)
    assert result.exit_code == 2
    assert "SCORE" in result.stderr


def test_competitions_that_a_conftest_adds_are_known(mlebench, tmp_path):
    own = tmp_path / "here" / "own" / "mine"
    own.mkdir(parents=True)
    facts = (catalog.get("builtin-wine").folder / "competition.toml").read_text()
    (own / "competition.toml").write_text(facts.replace('"builtin-wine"', '"mine"', 1))
    (own / "leaderboard.csv").write_text("score\n0.1\n0.2\n0.3\n")
    (tmp_path / "here" / "conftest.py").write_text(
        "from pathlib import Path\n"
        "def pytest_mlebench_competition_folders():\n    return [Path(__file__).parent / 'own']\n"
    )
    result = mlebench("rank", "mine", "0.15", "--json")
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["rank"] == 2


def test_show_marks_what_distorts_results_and_says_what_is_repaired(mlebench):
    shown = mlebench("show", "random-acts-of-pizza").stdout
    assert re.search(r"^known issue 1 \* +The test data give the label away.* \(with --fixed: ", shown, re.M)
    assert re.search(r"^repaired data +not prepared; `mlebench prepare random-acts-of-pizza --fixed`", shown, re.M)
    assert "repaired data" not in mlebench("show", "spaceship-titanic").stdout
    assert json.loads(mlebench("show", "random-acts-of-pizza", "--json").stdout)["repaired_data"] is None


def test_show_counts_what_the_real_data_have(mlebench):
    shown = mlebench("show", "alaska2-image-steganalysis").stdout
    assert re.search(r"^files in public/Cover +70,000$", shown, re.M)
    assert re.search(r"^rows of private/test\.csv +5,000$", shown, re.M)
