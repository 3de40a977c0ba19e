"""The plugin is loaded in every pytest run of whoever has it installed: it must load nothing heavy."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"pandas", "numpy", "sklearn", "scipy", "docker", "rich", "kaggle", "requests", "typer", "werkzeug", "waitress"}


def test_loading_the_plugin_imports_no_heavy_module(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_one(): pass\n")
    code = (
        "import sys, pytest; "
        "pytest.main(['-q', '-p', 'no:cacheprovider']); "
        "loaded = sorted(m for m in sys.modules if '.' not in m); "
        "print('LOADED', 'pytest_mlebench.plugin' in sys.modules, loaded)"
    )
    environment = {"PATH": "/usr/bin:/bin", "NO_COLOR": "1"}
    out = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    ).stdout
    line = next(line for line in out.splitlines() if line.startswith("LOADED"))
    assert " True " in line, out
    loaded = set(eval(line[line.index("[") :]))
    assert not loaded & HEAVY
    assert "pytest_mlebench" in loaded


def test_an_unrelated_run_loads_few_of_our_modules(tmp_path):
    code = (
        "import pytest_mlebench.plugin, sys; print(sorted(m for m in sys.modules if m.startswith('pytest_mlebench')))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert len(eval(out)) <= 8
