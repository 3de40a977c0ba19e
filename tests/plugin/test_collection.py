"""Which items there are, and how pytest's own means select among them."""

from __future__ import annotations

from pathlib import Path

import pytest


def ids(result: pytest.RunResult) -> list[str]:
    return [line for line in result.outlines if line.startswith("mlebench::")]


def test_nothing_is_collected_unless_an_agent_is_named(directory):
    result = directory.pytester.runpytest("--collect-only", "-q")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED


def test_one_item_per_competition_and_seed(directory):
    result = directory.run("perfect", "--collect-only", "-q", "--mlebench-attempts=3")
    assert ids(result) == [f"mlebench::test_competition[toy-{seed}]" for seed in range(3)]


@pytest.mark.parametrize("option", ["--collect-only", "--setup-plan", "--fixtures"])
def test_what_only_shows_begins_no_run(directory, option):
    directory.run("perfect", option)
    assert not (directory.path / "runs").exists()


def test_the_users_own_tests_are_not_mixed_in(directory):
    directory.pytester.makepyfile(test_mine="def test_mine(): pass")
    result = directory.run("perfect", "--collect-only", "-q", k="")
    assert "test_mine" not in result.stdout.str()
    assert "mlebench::test_competition[builtin-wine-0]" in ids(result)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("low_complexity and toy", {"toy-0"}),
        ("toy and not low_complexity", {"toy-hard-0"}),
        ("toy-hard", {"toy-hard-0"}),
        ("toy and tabular", {"toy-0", "toy-hard-0"}),
    ],
)
def test_keywords_select_by_name_complexity_and_category(directory, expression, expected):
    directory.add_competition("toy-hard", complexity="high")
    result = directory.run("perfect", "--collect-only", "-q", k=expression)
    assert {i.partition("[")[2].rstrip("]") for i in ids(result)} == expected


def test_markers_select_and_are_registered(directory):
    directory.add_competition("toy-hard", complexity="high")
    result = directory.run("perfect", "--collect-only", "-q", "-m", "high_complexity", "--strict-markers")
    assert ids(result) == ["mlebench::test_competition[toy-hard-0]"]


@pytest.mark.parametrize("form", ["mlebench::test_competition[toy-1]", "test_competition[toy-1]"])
def test_node_ids_select(directory, form):
    result = directory.run("perfect", "--collect-only", "-q", "--mlebench-attempts=2", form, k="")
    assert ids(result) == ["mlebench::test_competition[toy-1]"]


def test_an_unknown_competition_in_a_node_id_names_the_near_ones(directory):
    result = directory.run("perfect", "test_competition[builtin-vine-0]", k="")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no competition named 'builtin-vine': did you mean builtin-wine*"])


def test_a_seed_that_is_not_attempted_says_how_to_ask_for_it(directory):
    result = directory.run("perfect", "test_competition[toy-4]", k="")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*seeds go from 0 to 0*--mlebench-attempts*"])


def test_a_keyword_that_matches_nothing_names_the_near_competitions(directory):
    result = directory.run("perfect", k="builtin-vine")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["*no competition named 'builtin-vine': did you mean builtin-wine*"])


def test_a_marker_that_does_not_exist_names_the_near_ones(directory):
    result = directory.run("perfect", "-m", "imageclassification", k="")
    assert result.ret == pytest.ExitCode.NO_TESTS_COLLECTED
    result.stdout.fnmatch_lines(["*no marker named 'imageclassification': did you mean image_classification*"])


def test_a_competition_of_ones_own_that_cannot_be_read_is_named(directory):
    (directory.add_competition("toy-broken") / "competition.toml").write_text("id = 5")
    result = directory.run("perfect")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: *toy-broken/competition.toml: id is missing or not a string"])


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ('["perfect"]', "the hook pytest_mlebench_agents returned 'perfect', which is no Agent"),
        ("1 / 0", "the hook pytest_mlebench_agents failed: ZeroDivisionError: division by zero"),
        ('Agent(name="x", command="python -c 1")', "*agent 'x': command is a list, as in command=?...?, not a text"),
    ],
)
def test_a_hook_that_errs_is_named_without_a_traceback(directory, returned, message):
    directory.pytester.makeconftest(
        f"from pytest_mlebench import Agent\ndef pytest_mlebench_agents():\n    return {returned}\n"
    )
    result = directory.run("perfect")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {message}"])


def test_a_projects_own_limit_for_tests_is_lifted_from_attempts(directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(
        conftest.read_text()
        + """
def pytest_configure(config):
    config.addinivalue_line("markers", "timeout: as pytest-timeout has it")
    if not config.pluginmanager.has_plugin("timeout"):
        config.pluginmanager.register(object(), "timeout")

def pytest_collection_finish(session):
    print([item.get_closest_marker("timeout").args for item in session.items])
"""
    )
    directory.run("perfect", "--collect-only", "-q", "-s").stdout.fnmatch_lines(["[[](0,)[]]"])


def test_rerunning_failed_attempts_is_refused(directory):
    conftest = directory.path / "conftest.py"
    conftest.write_text(
        conftest.read_text() + "\ndef pytest_addoption(parser):\n    parser.addoption('--reruns', type=int)\n"
    )
    result = directory.run("perfect", "--reruns=2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --reruns would hide failed attempts*--mlebench-attempts=N"])


def test_an_unknown_agent_names_the_near_ones(directory):
    result = directory.run("perfekt")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*no agent named 'perfekt': did you mean perfect?*mlebench agents*"])
    assert "Traceback" not in result.stderr.str()


def test_a_path_instead_of_a_competition_is_refused_with_the_way_to_do_it(directory):
    Path("test_mine.py").write_text("def test_mine(): pass")
    result = directory.run("perfect", "test_mine.py")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*test_mine.py: with --mlebench-agent only attempts are collected*"])


def test_the_ini_file_can_name_the_agent_and_its_options(directory):
    directory.pytester.makeini(
        "[pytest]\nmlebench_agent = perfect\nmlebench_attempts = 2\nmlebench_sandbox = process\n"
    )
    result = directory.pytester.runpytest("--collect-only", "-q", "-k", "toy")
    assert len(ids(result)) == 2


def test_conftest_of_a_subdirectory_counts_where_pytest_is_started_there(directory, monkeypatch):
    directory.pytester.makeini("[pytest]\n")
    below = directory.path / "below"
    below.mkdir()
    (below / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef grade():\n    return None\n")
    monkeypatch.chdir(below)
    result = directory.run("perfect")
    result.stdout.fnmatch_lines(["*NO SUBMISSION*"])


def test_options_are_in_one_help_group(directory):
    result = directory.pytester.runpytest("--help")
    help_text = result.stdout.str()
    group = help_text.partition("MLE-bench: agents attempt competitions")[2]
    assert "--mlebench-agent=NAME" in group
    assert "--mlebench-time-limit=TIME" in group
    assert "mlebench_agent (string)" in help_text


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--mlebench-attempts=0", "--mlebench-attempts: a whole number of at least 1, not '0'"),
        ("--mlebench-time-limit=soon", "--mlebench-time-limit: not a duration: 'soon'"),
        ("--mlebench-memory=lots", "--mlebench-memory: not a size: 'lots'"),
        ("--mlebench-option=steps", "--mlebench-option: write it as key=value, not 'steps'"),
        ("--mlebench-option=stepz=1", "no option named 'stepz': did you mean steps? (agent echo)"),
        ("--mlebench-sandbox=dokcer", "no sandbox named 'dokcer': did you mean docker?"),
    ],
)
def test_an_option_that_cannot_be_read_is_named(directory, option, message):
    result = directory.run("echo", option)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert message in result.stderr.str()
    assert "Traceback" not in result.stderr.str()
