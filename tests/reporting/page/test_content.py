"""What the page says, before it is HTML."""

from __future__ import annotations

import dataclasses
import json

import pytest

from pytest_mlebench.attempts.record import Snapshot
from pytest_mlebench.errors import MlebenchError
from pytest_mlebench.reporting.grading_report import write_grading_report


def rows(table) -> dict[str, list[str]]:
    return {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}


def column(table, title: str) -> list[str]:
    index = [each.title for each in table.columns].index(title)
    return [row[index].text for row in table.rows]


def test_the_headline_is_the_mean_over_seeds_with_its_standard_error(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "GnB", "two": "nnS"}))
    headline = make_page("a-run").headline
    # Percent of the two competitions by seed: 50, 0, 100.
    assert (headline.value, headline.error) == ("50.0", "28.9")
    assert headline.basis.startswith("6 attempts: 2 competitions x 3 seeds")
    assert headline.final
    assert headline.status == "Final."


def test_errors_of_the_harness_keep_a_headline_from_being_final_until_they_are_counted(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "GnE", "two": "nnS"}, reason="no space"))
    headline = make_page("a-run").headline
    assert not headline.final
    assert headline.status.startswith("Not final. 1 attempt ended in an error of the harness and is in no figure")
    assert headline.basis.startswith("4 attempts: 2 competitions x 2 seeds")
    counted = make_page("a-run", errors_as_failures=True).headline
    assert counted.final
    assert counted.status == "Final. 1 error of the harness counted as failed, as asked."
    assert counted.basis.startswith("6 attempts: 2 competitions x 3 seeds")


def test_a_half_finished_run_is_not_final(write_run, make_page, attempts):
    planned = ["one-0", "one-1", "two-0", "two-1"]
    write_run("a-run", attempts({"one": "Gn", "two": "n"}), {"planned": planned})
    made = make_page("a-run")
    assert not made.headline.final
    assert "1 planned attempt has no result" in made.headline.status
    assert any(line.startswith("unfinished: 1 attempt has no result: two-1") for line in made.notes)


def test_a_run_of_errors_only_has_no_figure(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "EE"}, reason="no space"))
    headline = make_page("a-run").headline
    assert headline.text == "any medal: no attempt to count"
    assert not headline.final


def test_totals_are_by_complexity_and_category(write_run, make_page, attempt):
    kinds = {"one": ("low", "tabular"), "two": ("high", "seq2seq")}
    records = [
        attempt(name, seed, letter, complexity=kinds[name][0], category=kinds[name][1])
        for name, word in {"one": "Gn", "two": "nn"}.items()
        for seed, letter in enumerate(word)
    ]
    write_run("a-run", records)
    made = make_page("a-run")
    assert column(made.totals, "complexity") == ["all", "low", "high"]
    assert column(made.totals, "any medal %") == ["25.0 ±25.0", "50.0 ±50.0", "0.0 ±0.0"]
    assert column(made.categories, "category") == ["seq2seq", "tabular"]
    assert column(made.categories, "gold %") == ["0.0 ±0.0", "50.0 ±50.0"]


def test_runs_of_one_agent_are_read_together(write_run, make_page, attempts):
    write_run("first", attempts({"one": "GG", "two": "nn"}))
    write_run("second", attempts({"one": "n", "two": "B"}))
    made = make_page("first", "second")
    assert made.runs == ("first", "second")
    assert made.seeds == (0, 1, 2)
    assert [record.outcome for record in made.competitions[0].records] == ["gold", "gold", "valid"]
    assert made.notes[0].startswith("2 runs read together")
    assert make_page("first", "first").runs == ("first",)


def test_runs_that_were_not_obtained_alike_are_read_together_with_a_warning(write_run, make_page, attempts):
    write_run("first", attempts({"one": "G"}), {"time_limit": 3600.0, "network": "none"})
    other = {"time_limit": 7200.0, "network": "none", "agent": {"options": {"model": "other"}}}
    write_run("second", attempts({"one": "n"}), other)
    write_run("third", attempts({"one": "n"}), {**other, "agent": {"options": {"model": "third"}}})
    made = make_page("first", "second")
    assert "these runs were not obtained alike: they differ in time limit" in made.notes
    assert "these runs were not obtained alike: they differ in agent options" in make_page("second", "third").notes
    assert rows(made.setting)["time limit"] == ["1h 00m", "2h 00m"]


def test_runs_of_different_agents_are_refused(write_run, make_page, attempts):
    write_run("first", attempts({"one": "G"}, agent="aide"))
    write_run("second", attempts({"one": "n"}, agent="other"))
    with pytest.raises(MlebenchError, match=r"several agents, aide, other: .* `mlebench compare`"):
        make_page("first", "second")


def test_a_grading_report_of_somebody_else_is_enough(runs, make_page, lifelike):
    write_grading_report(runs / "theirs.json", lifelike, runs / "a-run")
    made = make_page(str(runs / "theirs.json"))
    assert made.agent == "theirs"
    assert len(made.competitions) == 6
    assert made.competitions[0].board is not None
    assert rows(made.setting)["departs from the standard"] == ["not known"]


def test_failures_are_grouped_by_cause(write_run, make_page, attempt):
    records = [
        attempt("one", 0, "i", reason="row 17 of 'target' is empty"),
        attempt("one", 1, "i", reason="row 3 of 'id' is empty"),
        attempt("one", 2, "i", reason="it is no CSV"),
        attempt("two", 0, "-", timed_out=True, reason="no submission/submission.csv was left"),
        attempt("two", 1, "-", exit_status=1, reason="no submission/submission.csv was left"),
        attempt("two", 2, "-", exit_status=1),
        attempt("two", 3, "-", out_of_memory=True),
        attempt("two", 4, "-", ended_early="used up its budget of 20 US dollars"),
        attempt("three", 0, "E", reason="no space left on /dev/sda1"),
        attempt("three", 1, "G"),
    ]
    write_run("a-run", records)
    found = [(cause.title, cause.text, cause.varied, cause.names) for cause in make_page("a-run").causes]
    assert found == [
        ("error of the harness: 1 attempt", "no space left on /dev/sda1", False, ["three-0"]),
        ("no submission: 2 attempts", "the agent ended by itself, with exit status 1", False, ["two-1", "two-2"]),
        ("no submission: 1 attempt", "ended at the time limit", False, ["two-0"]),
        ("no submission: 1 attempt", "used up its budget of 20 US dollars", False, ["two-4"]),
        ("no submission: 1 attempt", "went over its memory", False, ["two-3"]),
        ("invalid: 2 attempts", "row 17 of 'target' is empty", True, ["one-0", "one-1"]),
        ("invalid: 1 attempt", "it is no CSV", False, ["one-2"]),
    ]


def test_scores_over_time_come_from_snapshots(write_run, make_page, attempt):
    hours = [Snapshot(elapsed=3600.0 * h, outcome=o) for h, o in ((1, "invalid"), (2, "valid"), (3, "bronze"))]
    records = [
        attempt("one", 0, "G", seconds=4 * 3600.0, snapshots=tuple(hours)),
        # Ended after half an hour: what it had then it kept.
        attempt("one", 1, "S", seconds=1800.0),
        attempt("two", 0, "-", seconds=4 * 3600.0, snapshots=()),
        attempt("two", 1, "n", seconds=4 * 3600.0, snapshots=tuple(hours[:2])),
    ]
    write_run("a-run", records)
    moments = [(each.hours, each.submitted, each.valid, each.any_medal) for each in make_page("a-run").moments]
    assert moments == [
        (1.0, 75.0, 25.0, 25.0),
        (2.0, 75.0, 75.0, 25.0),
        (3.0, 75.0, 75.0, 50.0),
        (4.0, 75.0, 75.0, 50.0),
    ]


def test_without_snapshots_nothing_is_said_over_time(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "GG"}))
    assert make_page("a-run").moments == ()


def test_time_and_cost_are_summed_up_by_complexity(write_run, make_page, attempt):
    records = [
        attempt("one", 0, "G", seconds=3600.0, cost=2.0, tokens=1000, complexity="low"),
        attempt("one", 1, "n", seconds=7200.0, cost=4.0, tokens=3000, complexity="low", timed_out=True),
        attempt("two", 0, "n", seconds=86400.0 * 20, complexity="high"),
        attempt("two", 1, "E", seconds=9.0, complexity="high", reason="no"),
    ]
    write_run("a-run", records)
    found = rows(make_page("a-run").spending)
    assert found["attempts"] == ["3", "2", "1"]
    assert found["agent's time, all together"] == ["20.1 days", "3h 00m", "20.0 days"]
    assert found["agent's time, median"] == ["2h 00m", "1h 30m", "20.0 days"]
    assert found["ended at the time limit"] == ["1", "1", "-"]
    assert found["cost, all together"] == ["$6.00", "$6.00", "-"]
    assert found["cost of a medal"] == ["$6.00", "$6.00", "-"]
    assert found["tokens, all together"] == ["4,000", "4,000", "-"]
    assert "went over the memory" not in found


def test_how_it_was_obtained_is_told_as_far_as_it_is_known(write_run, make_page, attempts):
    write_run("a-run", attempts({"one": "G"}))
    made = make_page("a-run")
    assert ("agent's options", "model=some-model-1") in made.facts
    assert ("hardware of an attempt", "36 CPUs, 440 GB of memory, 1 GPU") in made.facts
    assert made.deviations == (("a-run", ("attempts: 4 (standard 3)",)),)
    assert rows(made.setting)["last attempt ended"] == ["2026-01-02 03:07 UTC"]


@pytest.mark.parametrize(
    "facts",
    [
        {"agent": "text", "machine": [1], "deviations": "x", "versions": 3, "budget": True, "workers": "many"},
        {"time_limit": 1e400, "memory": -5, "cpus": None, "gpus_per_attempt": [], "started": "0000", "fixed": "yes"},
        {"resumptions": [{"resumed": 5}, 7, {"deviations": [1, "another"]}], "planned": "all", "snapshot_every": 1e300},
        {"agent": {"name": None, "options": [1]}, "machine": {"gpus": [1, {}], "cpus": True}},
    ],
)
def test_a_damaged_run_json_is_read_as_far_as_possible(write_run, make_page, attempts, facts):
    run = write_run("a-run", attempts({"one": "G"}), {})
    (run / "run.json").write_text(json.dumps(facts))
    assert make_page("a-run").headline.value == "100.0"


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\x00"])
def test_a_run_that_lost_its_run_json_is_read_with_a_warning(write_run, make_page, attempts, text):
    run = write_run("a-run", attempts({"one": "G"}))
    (run / "run.json").write_text(text)
    (run / "one" / "seed-7").mkdir()
    (run / "one" / "seed-7" / "attempt.json").write_text("{}")
    made = make_page(str(run))
    assert made.headline.value == "100.0"
    assert len(made.warnings) == 2


def test_figures_that_no_attempt_can_have_are_left_out(write_run, make_page, attempt):
    record = attempt("one", 0, "n", seconds=1e300, cost=1e308, waited=-5.0, tokens=1 << 62)
    odd = dataclasses.replace(
        record, snapshots=(Snapshot(elapsed=1e-320, outcome="valid"), Snapshot(elapsed=1e300, outcome="gold"))
    )
    last = attempt("one", 1, "n", seconds=60.0, created_at="9999-12-31T23:59:59+00:00")
    write_run("a-run", [odd, last])
    made = make_page("a-run")
    assert rows(made.spending)["agent's time, all together"] == ["1m 00s"]
    assert made.moments == ()


def test_the_run_stands_among_the_published(write_run, make_page, lifelike):
    write_run("a-run", lifelike)
    published = make_page("a-run").published
    assert published is not None
    assert published.sentences[0].startswith("All competitions: ")
    assert "it is of 6 of 75 competitions only, so the place says little" in published.sentences[0]
    assert [row[1].text for row in published.table.rows].count("baseline (this report)") == 1
    assert len(published.table.rows) == len(published.others) + 1


def test_a_run_of_other_competitions_does_not_stand_among_the_published(write_run, make_page, attempts):
    write_run("a-run", attempts({"builtin-wine": "GG"}, complexity="builtin"))
    assert make_page("a-run").published is None
