from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.run_lengths import decode_run_lengths
from pytest_mlebench.metrics.masks import overlaps

PIXELS = 20
FIELDS = st.integers(-2, 30) | st.sampled_from([10**30, -(10**30), 2**63, 2**64])
TEXTS = st.lists(FIELDS, max_size=8).map(lambda fields: " ".join(map(str, fields)))


def paint(text, pixels=PIXELS):
    """A mask as the published grader decodes it, pixel by pixel; None if it refuses."""
    fields = [int(field) for field in text.split()]
    starts, lengths = fields[0::2], fields[1::2]
    if len(starts) != len(lengths):
        if len(fields) > 3:
            return None
        lengths = lengths * 2
    if any(b < a for a, b in pairwise(starts)) or any(n < 1 for n in [*starts, *lengths]):
        return None
    mask = np.zeros(pixels, bool)
    for start, length in zip(starts, lengths, strict=False):
        run = slice(start - 1, start - 1 + length)
        if mask[run].any():
            return None
        mask[run] = True
    return mask


def painted(masks):
    table = np.zeros((masks.count, masks.pixels.max(initial=0)), bool)
    for image, start, end in zip(masks.image, masks.start, masks.end, strict=True):
        assert not table[image, start:end].any()
        table[image, start:end] = True
    return table


@given(TEXTS)
@example("5")
@example("-5")
@example("1 2 3")
@example("1 5 3 4")
@example("3 1 3 1")
@example("19 50")
@example("25 1 26 9")
@example("100000000000000000000 1 21")
@example("20 9 21 1 22 1")
def test_one_text_is_decoded_or_refused_as_in_the_published_grader(text):
    expected = paint(text)
    if expected is None:
        with pytest.raises(InvalidSubmissionError, match="run-length mask"):
            decode_run_lengths(["", text], PIXELS)
    else:
        assert painted(decode_run_lengths(["", text], PIXELS)).tolist() == [[False] * PIXELS, expected.tolist()]


@given(st.lists(TEXTS.filter(lambda text: paint(text) is not None), max_size=5))
def test_many_texts_are_decoded_each_for_itself(texts):
    masks = decode_run_lengths(texts, PIXELS)
    assert painted(masks).tolist() == [paint(text).tolist() for text in texts]
    assert masks.areas.tolist() == [paint(text).sum() for text in texts]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1 2.0", "holds something that is no integer"),
        ("one 2", "holds something that is no integer"),
        ("9" * 5000 + " 1", "holds something that is no integer"),
        ("1 2 3 4 5", "has an odd count of numbers"),
        ("0 4", "has a start below 1"),
        ("-3 4", "has a start below 1"),
        ("3 0", "has a length below 1"),
        ("50 5 3 4", "has starts out of order"),
        ("1 5 3 4", "has runs that overlap"),
    ],
)
def test_a_refusal_quotes_the_mask_and_says_why(text, reason):
    with pytest.raises(InvalidSubmissionError) as caught:
        decode_run_lengths(["1 1", text, "7 1"], 101 * 101)
    assert reason in str(caught.value)
    assert text[:20] in str(caught.value)
    assert len(str(caught.value)) < 200


def test_blank_texts_are_empty_masks():
    assert decode_run_lengths(["", "  ", "\t\n"], PIXELS).areas.tolist() == [0, 0, 0]


def test_every_text_can_have_an_image_size_of_its_own():
    masks = decode_run_lengths(["1 9", "1 9", "9 1", ""], [4, 9, 3, 7])
    assert masks.areas.tolist() == [4, 9, 0, 0]
    assert overlaps(masks, decode_run_lengths(["3 5", "3 5", "1 3", "1 7"], [4, 9, 3, 7])).tolist() == [2, 5, 0, 0]


def test_thousands_of_masks_are_decoded_together():
    text = " ".join(f"{start} 20" for start in range(1, 2000, 50))
    assert set(decode_run_lengths([text] * 10_000, 101 * 101).areas) == {800}
