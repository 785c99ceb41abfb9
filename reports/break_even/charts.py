"""Panels of a ratio: its distribution, and its tornado chart."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import LogLocator, NullLocator

from energy.break_even.analysis import BreakEven
from energy.break_even.effects import Bar, choices_of
from ipcircuit.units import in_full, with_unit
from reports.break_even.results import Named
from reports.figures import style

LONGEST, SHORTEST = 8, 0.005  # bars of a chart at most, and decades of one at least


def histograms(axes: Axes, both: Sequence[Named]) -> None:
    """One or two ratios over all their parameters, with the line of equal energies."""
    for one, colour, line in zip(both, (style.BLUE, style.VERMILION), ("-", "--"), strict=False):
        edges, counts = np.array(one.result.histogram_edges), np.array(one.result.histogram)
        density = counts / counts.sum() / np.diff(edges)
        axes.stairs(density, 10.0**edges, fill=True, color=colour, alpha=0.25)
        axes.stairs(density, 10.0**edges, color=colour, ls=line, lw=1.6)
        axes.axvline(one.result.nominal, color=colour, lw=1, ls=":")
        top = one.result.quantiles[0.5], float(density.max())
        style.label(axes, textwrap.fill(one.label, 14), top, (0, 6), ha="center", va="bottom", color=colour)
    axes.axvline(1.0, color=style.BLACK, lw=1.4)
    axes.set(xscale="log", ylabel="probability per decade", title="all parameters drawn together")
    axes.set_ylim(0, 1.35 * axes.get_ylim()[1])
    axes.tick_params(labelbottom=True)
    side = {"transform": axes.get_xaxis_transform(), "fontsize": 9, "va": "top", "color": style.GREY}
    axes.text(1.3, 0.97, "device takes less →", **side)


def long_bars(result: BreakEven) -> list[Bar]:
    """The bars of a chart: the longest ones, those without effect left out."""
    return [bar for bar in result.tornado if bar.decades > SHORTEST][:LONGEST]


def height(bars: Sequence[Bar]) -> float:
    """Inches that a chart of some bars takes."""
    return 0.44 * max(len(bars), 1) + 0.7


def tornado(axes: Axes, one: Named, bars: Sequence[Bar]) -> None:
    """Each parameter alone at the ends of its range."""
    nominal = one.result.nominal
    choices = {factor.name: choices_of(factor) for factor in one.result.factors}
    for i, bar in enumerate(bars):
        for ratio, end, colour in ((bar.at_low, bar.low, style.SKY), (bar.at_high, bar.high, style.ORANGE)):
            axes.barh(i, ratio - nominal, left=nominal, height=0.62, color=colour, edgecolor=style.BLACK, lw=0.5)
            side = 1 if ratio > nominal else -1
            look = {"ha": "left" if side > 0 else "right", "fontsize": 8.5}
            style.label(axes, _end(end, bar, choices[bar.factor]), (ratio, i), (3 * side, 0), **look)
    axes.axvline(nominal, color=style.GREY, lw=1.2)
    axes.axvline(1.0, color=style.BLACK, lw=1.4)
    axes.set_yticks(range(len(bars)), [broken(one.result.label(bar.factor), 25) for bar in bars], fontsize=9)
    axes.set(xscale="log", ylim=(len(bars) - 0.4, -0.6), title=f"against {one.label}")
    ends = [nominal, *(end for bar in bars for end in (bar.at_low, bar.at_high))]
    room = (max(ends) / min(ends)) ** 0.3
    axes.set_xlim(min(ends) / room, max(ends) * room)
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: in_full(value))
    axes.xaxis.set_minor_locator(NullLocator())


def _end(end: float, bar: Bar, choices: Sequence[Any]) -> str:
    """An end of a range: a number, or of a choice the value there."""
    return str(choices[-1 if end else 0]) if choices else with_unit(end, bar.unit, 3)


def broken(text: str, width: int = 23) -> str:
    """Text in lines, units beside their numbers."""
    return textwrap.fill(re.sub(r"(?<=\d) (?=\w{1,3}\b)", "\u00a0", text), width).replace("\u00a0", " ")
