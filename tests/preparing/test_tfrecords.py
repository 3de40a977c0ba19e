from __future__ import annotations

import struct

import pytest

from pytest_mlebench.errors import HarnessError
from pytest_mlebench.preparing.tfrecords import bytes_feature, records


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def example(**features: bytes | int) -> bytes:
    """A tf.train.Example: bytes features, and int64 features for whole numbers."""
    entries = b""
    for name, value in features.items():
        feature = field(1, field(1, value)) if isinstance(value, bytes) else field(3, b"\x08" + varint(value))
        entries += field(1, field(1, name.encode()) + field(2, feature))
    return field(1, entries)


def framed(*payloads: bytes) -> bytes:
    return b"".join(struct.pack("<Q", len(p)) + b"crc1" + p + b"crc2" for p in payloads)


def test_records_come_one_by_one(tmp_path):
    payloads = [example(image=b"x" * 5000, image_name=b"a.jpg", target=300), example(image_name="é".encode())]
    (tmp_path / "a.tfrec").write_bytes(framed(*payloads))
    assert list(records(tmp_path / "a.tfrec")) == payloads
    assert [bytes_feature(record, "image_name").decode() for record in payloads] == ["a.jpg", "é"]
    assert len(bytes_feature(payloads[0], "image")) == 5000


def test_what_a_record_lacks_is_named():
    with pytest.raises(KeyError, match="image_name"):
        bytes_feature(example(other=b"x"), "image_name")


@pytest.mark.parametrize("left", [1, 11, 12, 20, -1])
def test_a_file_that_is_cut_short_is_named(tmp_path, left):
    (tmp_path / "a.tfrec").write_bytes(framed(b"payload" * 9)[:left])
    with pytest.raises(HarnessError, match=r"a\.tfrec is cut short"):
        list(records(tmp_path / "a.tfrec"))
