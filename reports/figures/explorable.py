"""A figure of marks that a reader explores: which are shown is chosen by boxes, each says what it is when pointed at.

Data and one small renderer: SVG and style rules, no script and nothing from elsewhere, so that the page still needs
neither. It stands beside the drawing of the same data, never in its place.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from html import escape

import numpy as np

from ipcircuit.units import si
from reports.figures import style

Bar = tuple[float, float | None, float | None]
"""Value and the ends of its interval; None: there is none."""

WIDTH, HEIGHT = 760.0, 430.0
LEFT, RIGHT, TOP, BOTTOM = 62.0, 12.0, 52.0, 46.0
_LINE = 104  # letters beside each other above the marks
_SHAPES = (
    "M-5,0a5,5 0 1,0 10,0a5,5 0 1,0 -10,0z",
    "M-4.5-4.5h9v9h-9z",
    "M0-6l6,6l-6,6l-6-6z",
    "M0-6l5.5,10h-11z",
    "M0,6l5.5-10h-11z",
    "M-2-6h4v4h4v4h-4v4h-4v-4h-4v-4h4z",
)
RULES = (
    ".explore fieldset{display:inline-block;vertical-align:top;border:1px solid var(--line);border-radius:.4rem;"
    "margin:.3rem .5rem .3rem 0;padding:.1rem .6rem .3rem;font-size:.86rem}"
    ".explore label{display:inline-block;margin-right:.8rem}"
    ".explore svg{display:block;width:100%;max-width:60rem;height:auto;font-size:12px;fill:var(--text)}"
    ".explore .grid{stroke:var(--line);fill:none}"
    ".explore .mark path{stroke:var(--text);stroke-width:.8}"
    ".explore .mark .bar{fill:none;stroke-width:1.2}"
    ".explore .mark text{display:none}"
    ".explore .mark:hover text,.explore .mark:focus text{display:inline}"
    ".explore .mark:hover path,.explore .mark:focus path{stroke-width:2.4}"
    ".explore .mark:focus{outline:none}"
    "@media print{.explore{display:none}}"
)


@dataclass(frozen=True)
class Mark:
    """One mark.

    Attributes:
        x, y: value and interval.
        kinds: its value of each of the figure's choices, in their order.
        text: what it is, in words; the numbers are added.
    """

    x: Bar
    y: Bar
    kinds: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Explorable:
    """Marks over a logarithmic horizontal axis.

    Attributes:
        choices: what boxes choose by, in words; the first is the colour of a mark, the second its shape.
        x_unit: of x, printed with a prefix; y is printed as it is, with `y_unit`.
        first: of a choice the kinds that are shown at first; else all are.
    """

    marks: Sequence[Mark]
    choices: tuple[str, ...]
    x_label: str
    x_unit: str
    y_label: str
    y_unit: str
    first: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @cached_property
    def kinds(self) -> tuple[tuple[str, ...], ...]:
        """Kinds of each choice, in the order of the marks."""
        return tuple(tuple(dict.fromkeys(mark.kinds[i] for mark in self.marks)) for i in range(len(self.choices)))

    def rules(self, name: str) -> str:
        """Style rules that hide the marks whose box is not ticked."""
        return "".join(
            f"#explore-{name}:has(#explore-{name}-{i}-{j}:not(:checked)) .k{i}-{j}{{display:none}}"
            for i, kinds in enumerate(self.kinds)
            for j in range(len(kinds))
        )

    def html(self, name: str) -> str:
        """Boxes and drawing, for a figure of this name; all words are escaped."""
        boxes = "".join(self._boxes(name, i) for i in range(len(self.choices)))
        said = escape(f"{self.y_label} over {self.x_label}")
        drawing = f'<svg viewBox="0 0 {WIDTH:g} {HEIGHT:g}" role="group" aria-label="{said}">{self._axes()}'
        marks = "".join(map(self._mark, self.marks))
        opening = f'<details class="explore" id="explore-{name}"><summary>explore</summary>'
        return f"{opening}{boxes}{drawing}{marks}</svg></details>"

    def _boxes(self, name: str, i: int) -> str:
        shown = self.first.get(self.choices[i], self.kinds[i])
        lines = (
            f'<label><input type="checkbox" id="explore-{name}-{i}-{j}"{" checked" if kind in shown else ""}> '
            f"{escape(kind)}{_sign(i, j)}</label>"
            for j, kind in enumerate(self.kinds[i])
        )
        return f"<fieldset><legend>{escape(self.choices[i])}</legend>{''.join(lines)}</fieldset>"

    def _mark(self, mark: Mark) -> str:
        places = [kinds.index(kind) for kinds, kind in zip(self.kinds, mark.kinds, strict=True)]
        x, y = self._x(mark.x[0]), self._y(mark.y[0])
        _, left, right = mark.x
        _, below, above = mark.y
        bars = "" if left is None or right is None else f"M{self._x(left):.1f},{y:.1f}H{self._x(right):.1f}"
        bars += "" if below is None or above is None else f"M{x:.1f},{self._y(below):.1f}V{self._y(above):.1f}"
        shape = _SHAPES[(places[1] if len(places) > 1 else 0) % len(_SHAPES)]
        said = f"{mark.text}: {_bar(mark.x, lambda v: si(v, self.x_unit, 3))}, "
        said += _bar(mark.y, lambda v: f"{v:.3g} {self.y_unit}".strip())
        classes = " ".join(f"k{i}-{j}" for i, j in enumerate(places))
        named = f'class="mark {classes}" tabindex="0" role="img" aria-label="{escape(said)}"'
        return (
            f'<g {named}><path class="bar" d="{bars}"/>'
            f'<path d="{shape}" transform="translate({x:.1f},{y:.1f})" fill="{_colour(places[0])}"/>{_words(said)}</g>'
        )

    def _axes(self) -> str:
        low, high = self._decades
        lines, texts = [], []
        for decade in range(low, high + 1, max(1, math.ceil((high - low) / 8))):
            at = self._x(10.0**decade)
            lines.append(f"M{at:.1f},{TOP:g}V{HEIGHT - BOTTOM:g}")
            texts.append((at, HEIGHT - BOTTOM + 16, "middle", si(10.0**decade, self.x_unit, 3)))
        for value in self._levels:
            at = self._y(value)
            lines.append(f"M{LEFT:g},{at:.1f}H{WIDTH - RIGHT:g}")
            texts.append((LEFT - 6, at + 4, "end", f"{value:g}"))
        texts.append(((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, "middle", self.x_label))
        written = (
            f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'
            for x, y, anchor, words in texts
        )
        turned = f"translate(14,{(TOP + HEIGHT - BOTTOM) / 2:g}) rotate(-90)"
        side = f'<text transform="{turned}" text-anchor="middle">{escape(self.y_label)}</text>'
        return f'<path class="grid" d="{"".join(lines)}"/>{"".join(written)}{side}'

    @cached_property
    def _decades(self) -> tuple[int, int]:
        values = [v for mark in self.marks for v in mark.x if v is not None and v > 0]
        low, high = (math.log10(v) for v in (min(values), max(values)))
        return math.floor(low), max(math.ceil(high), math.floor(low) + 1)

    @cached_property
    def _levels(self) -> tuple[float, ...]:
        """Rounded levels around all values of y."""
        values = [v for mark in self.marks for v in mark.y if v is not None]
        low, high = min(values), max(values)
        rough = max(high - low, 1e-9) / 5
        base = 10.0 ** math.floor(math.log10(rough))
        step = next(base * m for m in (1, 2, 5, 10) if base * m >= rough)
        first, last = math.floor(low / step), math.ceil(high / step)
        return tuple(float(v) for v in np.round(step * np.arange(first, last + 1), 12))

    def _x(self, value: float) -> float:
        low, high = self._decades
        share = (math.log10(max(value, 10.0**low)) - low) / (high - low)
        return LEFT + share * (WIDTH - RIGHT - LEFT)

    def _y(self, value: float) -> float:
        low, high = self._levels[0], self._levels[-1]
        return HEIGHT - BOTTOM - (value - low) / (high - low) * (HEIGHT - BOTTOM - TOP)


def _colour(place: int) -> str:
    return style.CYCLE[place % len(style.CYCLE)]


def _bar(bar: Bar, form: Callable[[float], str]) -> str:
    value, low, high = bar
    return form(value) if low is None or high is None else f"{form(value)} ({form(low)} to {form(high)})"


def _sign(choice: int, place: int) -> str:
    """Colour or shape of a kind, behind its name."""
    if choice > 1:
        return ""
    shape = _SHAPES[0 if choice == 0 else place % len(_SHAPES)]
    colour = _colour(place) if choice == 0 else "currentColor"
    box = 'viewBox="-7 -7 14 14" aria-hidden="true" style="display:inline;width:.8em"'
    return f' <svg {box}><path d="{shape}" fill="{colour}"/></svg>'


def _words(text: str) -> str:
    """Text above the drawing, in at most three lines."""
    lines = textwrap.wrap(text, _LINE, max_lines=3, placeholder=" …")
    spans = (f'<tspan x="{LEFT:g}" y="{14 + 15 * i}">{escape(line)}</tspan>' for i, line in enumerate(lines))
    return f"<text>{''.join(spans)}</text>"
