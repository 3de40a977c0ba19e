from __future__ import annotations

import datetime

import pytest

from pytest_mlebench import catalog
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.published import COLUMNS, Figure, leaders, placed, places, published
from pytest_mlebench.reporting.summary import Summary

HEADER = (
    "agent,models,low,low_sem,medium,medium_sem,high,high_sem,all,all_sem,hours,date,known_leakage,"
    "source_available,padded_with_failures,url\n"
)


def entry(agent: str, mean: float, *, date: str = "2026-01-02", leakage: str = "no") -> str:
    return f"{agent},m,{','.join([f'{mean},0.5'] * 4)},24,{date},{leakage},yes,no,\n"


def test_the_packaged_file_says_where_it_is_from():
    known = leaders()
    assert "github.com/openai/mle-bench" in known.source
    assert known.as_of == "2026-02"
    assert len(known.entries) == 26
    assert published() == known.entries


def test_an_entry_has_all_that_is_published():
    (aide,) = [each for each in published() if (each.agent, each.models) == ("AIDE", "o1-preview")]
    assert aide.figures == {
        "low": Figure(35.91, 1.86),
        "medium": Figure(8.45, 0.43),
        "high": Figure(11.67, 1.27),
        "all": Figure(17.12, 0.61),
    }
    assert (aide.hours, aide.date, aide.url) == (24, datetime.date(2024, 10, 8), "https://github.com/wecoai/aideml")
    assert (aide.known_leakage, aide.source_available, aide.padded_with_failures) == (False, True, False)
    assert [each.agent for each in published() if each.known_leakage] == ["Disarray", "LoongFlow"]


def test_entries_agree_with_themselves():
    sizes = {complexity: len(catalog.ids(complexity)) for complexity in ("low", "medium", "high")}
    for each in published():
        whole = sum(each.figures[name].mean * size for name, size in sizes.items()) / sum(sizes.values())
        # Older entries are of groups with unlike numbers of seeds.
        assert whole == pytest.approx(each.figures["all"].mean, abs=0.5)
    means = [each.figures["all"].mean for each in published()]
    assert means == sorted(means, reverse=True)


@pytest.mark.parametrize(
    ("mean", "rank", "above", "below"),
    [
        (90.0, 1, None, "Disarray"),
        (50.0, 9, "Leeroo", "Thesis"),
        (77.78, 1, None, "Disarray"),
        (0.0, 27, "MLAB", None),
    ],
)
def test_places(mean, rank, above, below):
    place = placed(mean)
    assert (place.rank, place.of) == (rank, 26)
    assert (place.above and place.above.agent, place.below and place.below.agent) == (above, below)


def test_each_column_has_places_of_its_own():
    ranks = {column: placed(40.0, column).rank for column in COLUMNS}
    assert ranks == {column: 1 + sum(each.figures[column].mean > 40 for each in published()) for column in COLUMNS}
    with pytest.raises(ValueError, match="no column"):
        placed(1.0, "tabular")


def test_a_run_is_placed_in_the_columns_it_has_attempts_of(attempts):
    low = catalog.ids("low")
    records = [
        *attempts({id: "GGG" if i < 11 else "nnn" for i, id in enumerate(low)}),
        *attempts({catalog.ids("high")[0]: "Gnn"}, complexity="high"),
        *attempts({"builtin-wine": "GGG"}, complexity="builtin"),
    ]
    made = places(Summary(records))
    assert set(made) == {"low", "high", "all"}
    assert (made["low"].mean, made["low"].standard_error, made["low"].complete) == (50.0, 0.0, True)
    assert made["low"].rank == placed(50.0, "low").rank
    assert (made["high"].competitions, made["high"].expected, made["high"].complete) == (1, 15, False)
    assert (made["all"].competitions, made["all"].expected) == (23, 75)
    assert made["all"].mean == pytest.approx(100 * (11 * 3 + 1) / (23 * 3))


def test_repaired_data_and_other_competitions_have_no_place(attempts):
    repaired = attempts({"spaceship-titanic": "G"}, fixed=True)
    assert places(Summary(repaired + attempts({"builtin-wine": "G"}, complexity="builtin"))) == {}
    assert places(Summary(attempts({catalog.ids("low")[0]: "EE"}))) == {}


def test_a_file_of_ones_own_is_read_likewise(tmp_path):
    path = tmp_path / "own.csv"
    path.write_text(f"# source: our lab\n# as of: 2027-01\n\n{HEADER}{entry('x', 40)}{entry('y', 20, leakage='yes')}")
    known = leaders(path)
    assert (known.source, known.as_of) == ("our lab", "2027-01")
    assert placed(30.0, entries=known.entries).rank == 2
    assert known.entries[1].known_leakage
    assert known.entries[0].url is None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (entry("x", 40, date="yesterday"), "line 3: .*yesterday"),
        (entry("x", 40, leakage="perhaps"), "line 3: known_leakage is 'perhaps'"),
        (entry("x", -1), "line 3: low is '-1'"),
        (entry("x", float("nan")), "line 3: low is 'nan'"),
        ("x,m\n", "line 3: it has more or fewer cells"),
        (entry("x", 40).strip() + ",more\n", "line 3: it has more or fewer cells"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    path = tmp_path / "own.csv"
    path.write_text(f"# as of: 2027-01\n{HEADER}{line}")
    with pytest.raises(MlebenchError, match=message):
        leaders(path)


def test_a_missing_column_or_file_is_named(tmp_path):
    path = tmp_path / "own.csv"
    with pytest.raises(MlebenchError, match=r"cannot read .*own\.csv"):
        leaders(path)
    path.write_text(HEADER.replace("hours,", "") + entry("x", 1).replace(",24,", ","))
    with pytest.raises(MlebenchError, match="line 2: no column 'hours'"):
        leaders(path)
