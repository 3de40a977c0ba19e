"""TFRecord files, read without TensorFlow, whose half a gigabyte two competitions do not justify."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from pytest_mlebench.errors import HarnessError

__all__ = ["bytes_feature", "records"]


def records(path: Path) -> Iterator[bytes]:
    """The payload of each record in a TFRecord file, one at a time; raises HarnessError where the file is cut short.

    A record is its length (8 bytes, little-endian), 4 bytes of checksum, the payload, and 4 bytes of checksum:
    https://www.tensorflow.org/tutorials/load_data/tfrecord
    """
    with path.open("rb") as file:
        while head := file.read(12):
            length = struct.unpack("<Q", head[:8])[0] if len(head) == 12 else 0
            payload = file.read(length)
            if len(head) < 12 or len(payload) < length or len(file.read(4)) < 4:
                raise HarnessError(f"{path} is cut short: download it again")
            yield payload


def bytes_feature(record: bytes, name: str) -> bytes:
    """The first value of the bytes feature `name` in a record, which is a ``tf.train.Example`` in protobuf's encoding.

    Raises KeyError where the record has none.
    """
    # Example.features = 1, Features.feature = 1 (a map), entry: key = 1, value = 2; Feature.bytes_list = 1, value = 1.
    for features in _fields(record, 1):
        for entry in _fields(features, 1):
            if next(_fields(entry, 1)) == name.encode():
                return next(_fields(next(_fields(next(_fields(entry, 2)), 1)), 1))
    raise KeyError(name)


def _fields(message: bytes, number: int) -> Iterator[bytes]:
    """The length-delimited fields `number` of a protobuf message: https://protobuf.dev/programming-guides/encoding/"""
    position = 0
    while position < len(message):
        tag, position = _varint(message, position)
        kind = tag & 7
        if kind == 0:
            _, position = _varint(message, position)
            continue
        if kind in (1, 5):
            position += 8 if kind == 1 else 4
            continue
        length, position = _varint(message, position)
        if tag >> 3 == number:
            yield message[position : position + length]
        position += length


def _varint(message: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[position]
        value |= (byte & 127) << shift
        shift, position = shift + 7, position + 1
        if byte < 128:
            return value, position
