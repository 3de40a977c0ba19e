from __future__ import annotations

import bson
import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.bson_files import count_documents, documents

PRODUCTS = [{"_id": n, "imgs": [{"picture": b"x" * 40 * n}] * n} for n in range(5)]


def test_documents_come_one_by_one_as_they_are(tmp_path):
    encoded = [bson.encode(product) for product in PRODUCTS]
    (tmp_path / "a.bson").write_bytes(b"".join(encoded))
    assert list(documents(tmp_path / "a.bson")) == encoded
    assert [bson.decode(document) for document in documents(tmp_path / "a.bson")] == PRODUCTS
    assert count_documents(tmp_path / "a.bson") == len(PRODUCTS)


def test_an_empty_file_has_none(tmp_path):
    (tmp_path / "a.bson").touch()
    assert list(documents(tmp_path / "a.bson")) == []
    assert count_documents(tmp_path / "a.bson") == 0


@pytest.mark.parametrize("content", [b"\x07", b"\x04\0\0\0", b"\xff\xff\xff\xff\0", bson.encode({"a": "long"})[:-1]])
@pytest.mark.parametrize("read", [lambda path: list(documents(path)), count_documents])
def test_a_file_that_is_damaged_is_named(tmp_path, content, read):
    (tmp_path / "a.bson").write_bytes(bson.encode({"b": 1}) + content)
    with pytest.raises(HarnessError, match=r"a\.bson is damaged or cut short"):
        read(tmp_path / "a.bson")


@pytest.mark.parametrize("read", [lambda path: list(documents(path)), count_documents])
def test_a_file_that_is_not_there_is_named(tmp_path, read):
    with pytest.raises(HarnessError, match=r"there is no file .*a\.bson"):
        read(tmp_path / "a.bson")
