"""Run-length encoded masks, as submissions write them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.metrics.masks import Masks

__all__ = ["decode_run_lengths"]


def decode_run_lengths(texts: Sequence[str], pixels: int) -> Masks:
    """Masks from texts of blank-separated pairs ``start length``, starts counted from 1, in images of `pixels` pixels.

    A blank text is the empty mask. What lies beyond the last pixel is cut off. As in the published graders, a lone
    start is the empty mask, and of ``start length start`` the length counts for both. Refuses what is no integer,
    other odd counts, starts out of order, numbers below 1, and runs that overlap.
    """
    numbers: list[int] = []
    counts: list[int] = []
    for text in texts:
        try:
            fields = [int(field) for field in text.split()]
        except ValueError:
            raise _refusal(text, "holds something that is no integer") from None
        if len(fields) % 2:
            if len(fields) > 3:
                raise _refusal(text, "has an odd count of numbers")
            if fields[0] < 1:
                raise _refusal(text, "has a start below 1")
            fields = [fields[0], fields[1], fields[2], fields[1]] if len(fields) == 3 else []
        if fields[0::2] != sorted(fields[0::2]):
            raise _refusal(text, "has starts out of order")
        numbers += fields
        counts.append(len(fields) // 2)
    image = np.repeat(np.arange(len(counts)), counts)
    # One more than the last pixel does for anything beyond, and fits an int64.
    clipped = np.array([min(max(number, 0), pixels + 1) for number in numbers], dtype=np.int64)
    start, length = clipped[0::2] - 1, clipped[1::2]
    end = np.minimum(start + length, pixels)

    follows = image[1:] == image[:-1]
    for wrong, rule in (
        (start < 0, "has a start below 1"),
        (length < 1, "has a length below 1"),
        (np.append(False, follows & (start[1:] < end[:-1])), "has runs that overlap"),
    ):
        if wrong.any():
            raise _refusal(texts[image[wrong.argmax()]], rule)
    return Masks(image=image, start=np.minimum(start, pixels), end=end, count=len(counts), pixels=pixels)


def _refusal(text: str, what: str) -> InvalidSubmissionError:
    return InvalidSubmissionError(f"the run-length mask {printable(repr(text), 60)} {what}: write pairs 'start length'")
