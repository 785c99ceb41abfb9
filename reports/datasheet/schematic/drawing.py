"""A placed drawing: symbols, wires and texts with their positions and boxes, in units of `UNIT_in` inches."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, cached_property

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath

from reports.datasheet.schematic.cells import Part

UNIT_in = 0.27
NET, NOTE, TITLE = 8.5, 7.5, 10.5  # font sizes, pt
_POINTS = 72 * UNIT_in  # of a unit


@dataclass(frozen=True)
class Box:
    """Rectangle."""

    left: float
    bottom: float
    right: float
    top: float

    def overlaps(self, other: Box, slack: float = 0.02) -> bool:
        """Whether both have a common area; edges may touch."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > slack and min(self.top, other.top) - max(self.bottom, other.bottom) > slack

    def moved(self, x: float, y: float) -> Box:
        return Box(self.left + x, self.bottom + y, self.right + x, self.top + y)


@dataclass(frozen=True)
class Symbol:
    """A part at the point of its upper end (`x`, `y`), as tall as `height`; of a block its box is all."""

    part: Part
    x: float
    y: float
    height: float
    box: Box


@dataclass(frozen=True)
class Text:
    """Words at a point; `net` where they name one."""

    text: str
    x: float
    y: float
    across: str = "left"
    along: str = "center"
    size: float = NET
    bold: bool = False
    net: str = ""

    @cached_property
    def box(self) -> Box:
        width, height = width_of(self.text, self.size, self.bold), height_of(self.size)
        left = self.x - {"left": 0.0, "center": width / 2, "right": width}[self.across]
        bottom = self.y - {"bottom": 0.0, "center": height / 2, "top": height}[self.along]
        return Box(left, bottom, left + width, bottom + height)


@dataclass(frozen=True)
class Wire:
    """A net's line through points; `kind` ``rail`` or ``ground`` of one that ends in that symbol."""

    net: str
    points: tuple[tuple[float, float], ...]
    kind: str = ""


@dataclass
class Drawing:
    """Everything placed so far; the origin is at the upper left, y grows upwards."""

    symbols: list[Symbol] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    dots: list[tuple[float, float]] = field(default_factory=list)
    width: float = 0.0
    height: float = 0.0

    def add(self, other: Drawing, x: float, y: float) -> None:
        """Put another drawing's upper left corner at a point."""
        self.symbols += [replace(s, x=s.x + x, y=s.y + y, box=s.box.moved(x, y)) for s in other.symbols]
        self.texts += [replace(t, x=t.x + x, y=t.y + y) for t in other.texts]
        self.wires += [replace(w, points=tuple((px + x, py + y) for px, py in w.points)) for w in other.wires]
        self.dots += [(px + x, py + y) for px, py in other.dots]
        self.width, self.height = max(self.width, x + other.width), max(self.height, other.height - y)

    @property
    def nets(self) -> set[str]:
        """Nets that are drawn or named."""
        named = {net for symbol in self.symbols for _, net in symbol.part.further}
        return {wire.net for wire in self.wires} | {text.net for text in self.texts if text.net} | named


@cache
def width_of(text: str, size: float, bold: bool = False) -> float:
    """Width of words."""
    if not text.strip():
        return 0.0
    font = FontProperties(family="DejaVu Sans", weight="bold" if bold else "normal")
    path = TextPath((0, 0), text.replace("$", r"\$"), size=size, prop=font)
    x = np.asarray(path.vertices)[np.asarray(path.codes) != Path.CLOSEPOLY, 0]  # `get_extents` follows every curve
    return float(np.ptp(x)) / _POINTS + 0.05


def height_of(size: float) -> float:
    """Height of a line."""
    return 1.15 * size / _POINTS
