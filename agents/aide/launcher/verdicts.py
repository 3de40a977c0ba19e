"""Mending what the model's reviews leave unusable for AIDE's search."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["agree", "forget_unfinished", "is_number"]


def agree(nodes: Sequence[Any], reported: Mapping[str, bool]) -> None:
    """Let all good nodes of AIDE's journal be maximised, or all be minimised, as most of their reviews say.

    `reported` has what the review of each node said, by the node's id. AIDE cannot compare metrics of which one is to
    be maximised and another minimised, though they are of one competition; it would fail from then on.
    """
    good = [node for node in nodes if not node.is_buggy]
    votes = sum(1 if reported[node.id] else -1 for node in good)
    for node in good:
        node.metric.maximize = votes > 0 if votes else reported[good[0].id]


def is_number(metric: Any) -> bool:
    """Whether a metric of AIDE has a value that others can be compared with."""
    return metric.value is not None and math.isfinite(metric.value)


def forget_unfinished(nodes: Sequence[Any]) -> None:
    """Take nodes that a failed step left off their parents, where AIDE takes them for children and cannot save them."""
    known = {node.id for node in nodes}
    for node in nodes:
        node.children = {child for child in node.children if child.id in known}
