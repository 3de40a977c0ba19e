"""What the engine sends, in pieces as the network makes them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pytest_mlebench.sandboxes.docker.output import Frames


@given(
    st.lists(st.tuples(st.sampled_from([1, 2]), st.binary(max_size=40)), max_size=20),
    st.lists(st.integers(1, 30), min_size=1),
)
def test_frames_are_read_in_any_pieces(frames: list[tuple[int, bytes]], sizes: list[int]) -> None:
    sent = b"".join(bytes([stream, 0, 0, 0]) + len(data).to_bytes(4, "big") + data for stream, data in frames)
    reader, printed, place, turn = Frames(), b"", 0, 0
    while place < len(sent):
        size = sizes[turn % len(sizes)]
        printed += reader.feed(sent[place : place + size])
        place, turn = place + size, turn + 1
    assert printed == b"".join(data for _, data in frames)
    assert reader.first_process == b"".join(data for stream, data in frames if stream == 2)
