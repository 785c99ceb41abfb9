"""Accuracy against energy per sample: this network in three scopes, with each neuron, and the baselines."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from energy.cost import SCOPES

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")  # Okabe & Ito
_SCOPE_MARKERS: dict[str | None, str] = dict(zip(SCOPES, ("v", "o", "^"), strict=True))
_MARKERS = ("s", "D", "P", "X", "*", "p", "h", "<", ">", "d")
_DPI = 150
_BESIDE = 1.06  # factor in energy between the bars of one network's neurons, which would hide each other


@dataclass(frozen=True)
class Point:
    """A mark of the figure.

    Attributes:
        name: for the legend.
        energies_J: per sample, by scope; a baseline has one, under None. Only those that were obtained; empty for the
            network's own neurons, which no circuit is.
        accuracy, low, high: shares; low and high of its interval; None where there is none.
        partial: whether its energy leaves memory out.
    """

    name: str
    energies_J: Mapping[str | None, float]
    accuracy: float
    low: float | None = None
    high: float | None = None
    partial: bool = False


def draw(axes: Axes, points: Sequence[Point], score: str = "accuracy") -> None:
    """Draw points: hollow marks leave memory out, a line joins the scopes of one neuron, a level is broken."""
    for point in points:
        if not point.energies_J:
            axes.axhline(100 * point.accuracy, color="0.3", ls="--", lw=0.8, label=point.name)
    ours = [point for point in points if point.energies_J and None not in point.energies_J]
    for number, point in enumerate(ours):
        colour = _COLOURS[number % len(_COLOURS)]
        known = sorted(point.energies_J.items(), key=lambda item: item[1])
        level = 100 * point.accuracy
        axes.plot([joule for _, joule in known], [level] * len(known), "-", color=colour, lw=1, label=point.name)
        for scope, joule in known:
            axes.plot(joule, level, _SCOPE_MARKERS[scope], color=colour, ms=6)
        _bar(axes, point, known[-1][1] * _BESIDE ** (number + 1), colour)
    for number, point in enumerate(point for point in points if None in point.energies_J):
        face = "none" if point.partial else "#6b6b6b"
        marker = _MARKERS[number % len(_MARKERS)]
        style = {"mfc": face, "mec": "#444444", "ms": 7, "ls": "none"}
        axes.plot(point.energies_J[None], 100 * point.accuracy, marker, label=point.name, **style)
        _bar(axes, point, point.energies_J[None], "#6b6b6b")
    for scope, marker in _SCOPE_MARKERS.items():
        axes.plot([], [], marker, color="0.3", ls="none", label=f"scope: {scope}")
    _energy_axis(axes, [joule for point in points for joule in point.energies_J.values()])
    axes.set_ylabel(f"{score} (%)")
    axes.grid(visible=True, linewidth=0.3)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.17), ncols=2, frameon=False, fontsize=7)


def _energy_axis(axes: Any, joules: Sequence[float]) -> None:
    """Logarithmic, two decades at least, each with its own number."""
    from matplotlib.ticker import EngFormatter, NullFormatter

    axes.set_xscale("log")
    if joules:
        low, high = math.floor(math.log10(min(joules) / 1.2)), math.ceil(math.log10(1.2 * max(joules)))
        axes.set_xlim(10.0 ** min(low, high - 2), 10.0**high)
    axes.xaxis.set_major_formatter(EngFormatter(unit="J"))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel("energy per sample")


def _bar(axes: Any, point: Point, joule: float, colour: str) -> None:
    if point.low is not None and point.high is not None:
        axes.plot([joule] * 2, [100 * point.low, 100 * point.high], "-", color=colour, lw=2, alpha=0.4)


def drawn(points: Sequence[Point], title: str, score: str = "accuracy") -> dict[str, bytes]:
    """Content of the figure's files by ending, ``svg`` and ``png``; the same points give the same files."""
    import matplotlib as mpl
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.hashsalt": "ipcircuit", "font.size": 9}):
        figure = Figure(figsize=(5.4, 4.6), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        draw(axes, points, score)
        axes.set_title(title, fontsize=9, loc="left")
        files = {}
        for ending, metadata in (("svg", {"Date": None}), ("png", {"Software": None})):
            stream = io.BytesIO()
            figure.savefig(stream, format=ending, dpi=_DPI, metadata=metadata)
            files[ending] = stream.getvalue()
    return files
