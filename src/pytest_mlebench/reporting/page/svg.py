"""Pictures as matplotlib writes them, made fit to stand in a page: small, without styles, colours left to the page."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from itertools import count
from typing import Literal
from xml.etree import ElementTree

__all__ = ["COLOURS", "Label", "Picture", "inline"]

_NAMES = (
    "ink",
    "faint",
    "rule",
    "humans",
    "gold",
    "silver",
    "bronze",
    "ours",
    "plain",
    "first",
    "second",
    "third",
    "fourth",
)
COLOURS: Mapping[str, str] = {name: f"#0000{number:02x}" for number, name in enumerate(_NAMES, 1)}
"""What to draw with, by name: the page's stylesheet says which colours these are, in light and in dark."""

_CLASSES = {colour: name for name, colour in COLOURS.items()}
_PLAIN = {"stroke-width", "stroke-dasharray", "stroke-linecap", "fill-opacity", "stroke-opacity", "opacity"}
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
_STEP = re.compile(r"([A-Za-z])\s*([^A-Za-z]*)")


@dataclass(frozen=True)
class Label:
    """A short text on a picture, in units from its top left; the page chooses the font."""

    x: float
    y: float
    """Of the line that letters stand on."""
    text: str
    anchor: Literal["start", "middle", "end"] = "middle"
    colour: str = "faint"


@dataclass(frozen=True)
class Picture:
    """What matplotlib wrote, and labels, which it would take longer to lay out than to draw everything else."""

    drawn: str
    labels: tuple[Label, ...] = ()


def inline(picture: Picture, numbers: count[int], title: str, description: str) -> str:
    """The picture as an element of a page, with what a screen reader says of it.

    `numbers` keeps the ids in a page apart. The texts may be anybody's. Needs every colour to be one of COLOURS.
    """
    root = ElementTree.fromstring(picture.drawn)
    number = next(numbers)
    parts = [
        f'<svg viewBox="{root.get("viewBox")}" role="img" aria-labelledby="t{number} d{number}">',
        f'<title id="t{number}">{escape(title)}</title><desc id="d{number}">{escape(description)}</desc>',
    ]
    for element in root.iter():
        tag = element.tag.rpartition("}")[2]
        if tag == "path" and element.get("d"):
            parts.append(f'<path d="{_shortened(element.get("d", ""))}"{_attributes(element)}/>')
        elif tag == "text" and element.text:
            at = f'x="{_rounded(element.get("x", "0"))}" y="{_rounded(element.get("y", "0"))}"'
            parts.append(f"<text {at}{_attributes(element)}>{escape(element.text)}</text>")
    for label in picture.labels:
        at = f'x="{_rounded(label.x)}" y="{_rounded(label.y)}" text-anchor="{label.anchor}"'
        parts.append(f'<text {at} class="f-{label.colour}">{escape(label.text)}</text>')
    parts.append("</svg>")
    return "".join(parts)


def _attributes(element: ElementTree.Element) -> str:
    """The style as attributes and classes, because a page that forbids scripts of others forbids styles too."""
    style = dict(each.split(": ", 1) for each in element.get("style", "").split("; ") if ": " in each)
    made, classes = [], []
    for name, value in style.items():
        if name in ("fill", "stroke"):
            if value == "none":
                made.append(f'{name}="none"')
            else:
                classes.append(f"{name[0]}-{_CLASSES[value]}")
        elif name in _PLAIN:
            made.append(f'{name}="{value.replace(" ", "")}"')
        elif name == "text-anchor":
            made.append(f'text-anchor="{value}"')
        elif name == "font-size" and value != "10px":
            made.append(f'font-size="{value.removesuffix("px")}"')
    if classes:
        made.append(f'class="{" ".join(classes)}"')
    return "".join(f" {each}" for each in made)


def _rounded(text: str | float) -> str:
    shown = f"{float(text):.1f}".removesuffix(".0")
    return "0" if shown == "-0" else shown


def _shortened(path: str) -> str:
    """The path to a tenth of a unit, level and upright lines by one number."""
    made: list[str] = []
    before = ("", "")
    for command, rest in _STEP.findall(path):
        numbers = [_rounded(number) for number in _NUMBER.findall(rest)]
        here = (numbers[-2], numbers[-1]) if len(numbers) > 1 else before
        if command == "L" and here[1] == before[1]:
            made.append(f"H{here[0]}")
        elif command == "L" and here[0] == before[0]:
            made.append(f"V{here[1]}")
        else:
            made.append(command + " ".join(numbers))
        before = here
    return "".join(made)
