"""--mlebench-fixed: attempts on repaired data, kept apart from those that compare with the published results."""

from __future__ import annotations

import json

import pytest

from ..toy import TASK

FIXED = """

def prepare_fixed(raw, public, private):
    prepare(raw, public, private)
    (public / "structures.csv").write_text("id,more\\n0,1\\n")
"""
ISSUES = """
[[issues]]
problem = "The labels leak."
serious = true
fix = "The leak is closed."

[[issues]]
problem = "A detail."
"""


@pytest.fixture
def broken(directory):
    """A second competition, whose data has a known problem and a repaired variant."""
    folder = directory.add_competition("broken_toy", task=TASK + FIXED)
    facts = folder / "competition.toml"
    facts.write_text(facts.read_text() + ISSUES)
    return directory


def test_by_default_data_are_as_published_and_the_problem_is_told(broken):
    result = broken.run("perfect")
    result.stdout.re_match_lines(
        [r"broken_toy \* .* gold .*", r"\* broken_toy: The labels leak\.", r"any medal: 100\.0 %.*"]
    )
    result.stdout.no_re_match_line(".*A detail")
    run = broken.run_folder()
    assert json.loads((run / "run.json").read_text())["fixed"] is False
    record = json.loads((run / "broken_toy/seed-0/attempt.json").read_text())
    assert (record["fixed"], record["problems"]) == (False, ["The labels leak."])
    assert not (broken.path / "cache/broken_toy/fixed").exists()


def test_repaired_data_lie_apart_and_count_apart(broken):
    result = broken.run("perfect", "--mlebench-fixed", "-v")
    result.stdout.fnmatch_lines(["mlebench: repaired data where there is some: not comparable*"])
    result.stdout.re_match_lines(
        [
            r".*broken_toy \(repaired\) .*",
            r"repaired data, not comparable with the published results, so counted in no.*",
        ]
    )
    result.stdout.re_match_lines([r"any medal: 100\.0 % of 1 attempt \(1 competition x 1 seed\).*"])
    assert (broken.path / "cache/broken_toy/fixed/public/structures.csv").is_file()
    assert (broken.path / "cache/toy/prepared").is_dir()
    assert not (broken.path / "cache/broken_toy/prepared").exists()
    run = broken.run_folder()
    facts = json.loads((run / "run.json").read_text())
    assert facts["fixed"] is True
    assert "data: repaired where there is a repaired variant (standard as published)" in facts["deviations"]
    record = json.loads((run / "broken_toy/seed-0/attempt.json").read_text())
    assert (record["fixed"], record["problems"]) == (True, [])
    report = json.loads((run / "grading_report.json").read_text())
    assert [each["competition_id"] for each in report["competition_reports"]] == ["toy"]


def test_alone_they_are_counted_and_named_as_what_they_are(broken):
    result = broken.run("perfect", "--mlebench-fixed", k="broken_toy")
    result.stdout.re_match_lines([r"any medal, repaired data: 100\.0 % of 1 attempt.*"])


@pytest.mark.parametrize("description", ["plain", "obfuscated"])
def test_the_description_tells_what_was_repaired(broken, description):
    (broken.path / "conftest.py").write_text(
        (broken.path / "conftest.py")
        .read_text()
        .replace('sh("lazy", "exit 3")', 'sh("lazy", "cat $MLEBENCH_DATA_DIR/*.md")')
    )
    broken.run("lazy", "--mlebench-fixed", f"--mlebench-description={description}")
    logs = {id: (broken.run_folder() / id / "seed-0/agent.log").read_text() for id in ("toy", "broken_toy")}
    assert logs["broken_toy"].endswith(
        "## Repairs\n\nThe data differ from those described above:\n\n- The leak is closed.\n"
    )
    assert "Repairs" not in logs["toy"]
    assert logs["toy"].startswith("Predict y" if description == "plain" else "Predict.")


def test_kaggles_own_text_does_not_go_with_repaired_data(broken):
    result = broken.run("perfect", "--mlebench-fixed", "--mlebench-description=original")
    result.stderr.fnmatch_lines(["ERROR: --mlebench-fixed: Kaggle's text does not describe repaired data*"])
