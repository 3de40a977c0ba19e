from __future__ import annotations

import json

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.json_files import read_json, write_json

VALUE = {"b": [1, 0.1, None, True], "a": "é/", "n": {"x": []}}


@pytest.mark.parametrize("options", [{}, {"indent": 4, "sort_keys": True}])
def test_files_are_as_json_dump_writes_them(tmp_path, options):
    write_json(VALUE, tmp_path / "new" / "a.json", **options)
    assert (tmp_path / "new" / "a.json").read_text() == json.dumps(VALUE, **options)
    assert read_json(tmp_path / "new" / "a.json") == VALUE


def test_another_encoding_can_be_read(tmp_path):
    (tmp_path / "a.json").write_bytes('{"x": "é"}'.encode("latin-1"))
    assert read_json(tmp_path / "a.json", encoding="latin-1") == {"x": "é"}


def test_what_is_missing_or_no_json_is_named(tmp_path):
    with pytest.raises(HarnessError, match=r"there is no file .*a\.json"):
        read_json(tmp_path / "a.json")
    (tmp_path / "a.json").write_text("{")
    with pytest.raises(HarnessError, match=r"a\.json is not a JSON file"):
        read_json(tmp_path / "a.json")
