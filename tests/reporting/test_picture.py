from __future__ import annotations

import importlib.util
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pytest_mlebench.files import write_json

SCRIPT = Path(__file__).parents[2] / "docs" / "make_summary_picture.py"


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("make_summary_picture", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shows_the_summary_of_a_run_without_fetching_anything(script, attempts, tmp_path, monkeypatch):
    # Whatever the colours of the terminal it is drawn from.
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    for record in attempts({"builtin-wine": "GSB", "builtin-digits": "mn-"}, complexity="builtin"):
        folder = tmp_path / record.folder
        folder.mkdir(parents=True)
        write_json(folder / "attempt.json", record.to_json())
    svg = script.picture(tmp_path, 100)
    root = ElementTree.fromstring(svg)
    shown = "".join(root.itertext()).replace("\xa0", " ")
    assert "any medal: 50.0 % ± 0.0 of 6 attempts (2 competitions x 3 seeds)" in shown
    assert "pytest --mlebench-agent=baseline" in shown
    assert "#d7af00" in svg
    assert len(svg.encode()) < 100_000
    assert svg.count("http") == 1  # the namespace
    assert "url(" not in svg.replace("url(#", "")


def test_a_run_without_attempts_is_refused(script, tmp_path):
    with pytest.raises(SystemExit, match="no attempt to show"):
        script.picture(tmp_path, 100)
