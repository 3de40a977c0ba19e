from __future__ import annotations

import sys
from importlib.metadata import metadata

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.extras import EXTRAS, is_installed, load


def test_every_extra_is_declared_by_the_package():
    declared = set(metadata("pytest-mlebench").get_all("Provides-Extra") or ())
    assert set(EXTRAS.values()) <= declared
    assert "all" in declared


@pytest.mark.parametrize("module", EXTRAS)
def test_a_library_is_loaded_where_it_is_needed(module):
    assert is_installed(module)
    if EXTRAS[module] != "gateway":  # loaded by that process alone, for they are heavy
        assert load(module).__name__ == module


@pytest.mark.parametrize("module", EXTRAS)
def test_a_missing_one_is_named_with_the_command_that_installs_it(module, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(HarnessError, match=rf"pip install 'pytest-mlebench\[{EXTRAS[module]}\]'"):
        load(module)
