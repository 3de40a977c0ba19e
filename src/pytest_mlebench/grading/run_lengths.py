"""Run-length encoded masks, as submissions write them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from pytest_mlebench.errors import InvalidSubmissionError
from pytest_mlebench.grading.submission import printable
from pytest_mlebench.metrics.masks import Masks

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["decode_run_lengths"]


def decode_run_lengths(texts: Sequence[str], pixels: ArrayLike) -> Masks:
    """Masks from texts of blank-separated pairs ``start length``, starts counted from 1.

    `pixels` is the size of every image, or one size for each, shape (texts,).

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
    sizes = np.broadcast_to(np.asarray(pixels, dtype=np.int64), len(counts))
    last = sizes[image]
    highest = int(sizes.max(initial=0)) + 1
    # One more than the last pixel does for anything beyond, and fits an int64.
    clipped = np.array([min(max(number, 0), highest) for number in numbers], dtype=np.int64)
    start, length = clipped[0::2] - 1, clipped[1::2]
    end = np.minimum(start + length, last)

    follows = image[1:] == image[:-1]
    for wrong, rule in (
        (start < 0, "has a start below 1"),
        (length < 1, "has a length below 1"),
        (np.append(False, follows & (start[1:] < end[:-1])), "has runs that overlap"),
    ):
        if wrong.any():
            raise _refusal(texts[image[wrong.argmax()]], rule)
    return Masks(image=image, start=np.minimum(start, last), end=end, pixels=sizes)


def _refusal(text: str, what: str) -> InvalidSubmissionError:
    return InvalidSubmissionError(f"the run-length mask {printable(repr(text), 60)} {what}: write pairs 'start length'")
