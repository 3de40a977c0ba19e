from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.preparing.run_lengths import encode_run_lengths


@pytest.mark.parametrize(
    ("pixels", "text"), [("", ""), ("0000", ""), ("1", "1 1"), ("1101", "1 2 4 1"), ("0110", "2 2"), ("1111", "1 4")]
)
def test_runs_are_pairs_of_start_and_length(pixels, text):
    assert encode_run_lengths(np.array([pixel == "1" for pixel in pixels], dtype=bool)) == text


@given(arrays(bool, st.integers(0, 40)))
def test_decoding_gives_the_mask_again(mask):
    decoded = decode_run_lengths([encode_run_lengths(mask)], len(mask))
    painted = np.zeros(len(mask), dtype=bool)
    for start, end in zip(decoded.start, decoded.end, strict=True):
        painted[start:end] = True
    assert painted.tolist() == mask.tolist()
