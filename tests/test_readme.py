"""What README.md promises, tried as it stands there."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

README = (Path(__file__).parent.parent / "README.md").read_text(encoding="utf-8")


def test_the_agent_of_the_readme_makes_a_valid_submission(pytester, monkeypatch):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    (code,) = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    pytester.makeconftest(code)
    result = pytester.runpytest(
        "--mlebench-agent=my_agent", "--mlebench-sandbox=process", "-k", "builtin-wine", "--mlebench-require=valid"
    )
    result.assert_outcomes(passed=1)


def test_every_option_is_in_the_readme(pytester):
    help_text = pytester.runpytest("--help").stdout.str()
    options = set(re.findall(r"--mlebench-[a-z-]+", help_text.partition("MLE-bench: agents attempt")[2]))
    assert len(options) > 10
    assert options <= set(re.findall(r"--mlebench-[a-z-]+", README))


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_what_the_readme_links_to_is_there(path):
    assert (Path(__file__).parent.parent / path).exists()


EXPERIMENTS = re.findall(r"^\| [^|]+ \| `(--mlebench-[^`]+)` \| (`\"[^|]+`) \|$", README, flags=re.MULTILINE)


def test_the_table_of_experiments_is_found():
    assert len(EXPERIMENTS) >= 7


@pytest.mark.parametrize(("options", "recorded"), EXPERIMENTS, ids=[options for options, _ in EXPERIMENTS])
def test_an_experiment_is_recorded_as_the_readme_says(pytester, monkeypatch, tmp_path, options, recorded):
    monkeypatch.setenv("MLEBENCH_CACHE_DIR", str(pytester.path / "cache"))
    monkeypatch.setenv("MLEBENCH_LEASES_DIR", str(tmp_path))
    common = ["--mlebench-agent=dummy", "--mlebench-sandbox=process", "-k", "builtin-wine", "--mlebench-require=valid"]
    result = pytester.runpytest(*common, *shlex.split(options))
    attempts = 8 if "attempts" in options else 1
    assert sum(result.parseoutcomes().get(name, 0) for name in ("passed", "gold", "silver", "bronze")) == attempts
    (run,) = (pytester.path / "runs").glob("*/run.json")
    facts = json.loads(run.read_text())
    for key, value in re.findall(r'`"([a-z_]+)": ([^`]+)`', recorded):
        assert facts[key] == json.loads(value)
