"""Accuracy on n-back against the energy of the memory, a panel for each n, energy on a logarithmic axis."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from energy.cost import SCOPES
from ipcircuit.units import si
from network.experiments.memory.memory import N_BACK
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.networks import EnergyPoint, energy_points
from reports.memory.results import results
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

_COLOUR: dict[str, str] = dict(zip(SCOPES, (style.SKY, style.BLUE, style.GREEN), strict=True))
_MARKER = {"IPNet": "o", "IPNet without plasticity": "X", "LIF": "D", "LIF in both layers": "P"}
_PRECISION = {"fp32": "s", "int8": "^"}
_LOOK = {"ms": 7.5, "mec": style.BLACK, "mew": 0.8, "ls": "none"}


def networks(run: Run) -> Plot:
    """One point for each network, scope or precision, and n."""
    points = [p for p in energy_points(run) if p.energy_J and (p.network in _MARKER or p.precision)]
    figure, panels = style.panels(len(N_BACK), 9.4, sharex=True)
    for axes, n in zip(panels, N_BACK, strict=True):
        shown = [p for p in points if p.n == n]
        for point in shown:
            _draw(axes, point)
        if not shown:
            axes.text(0.5, 0.5, "no stored run", transform=axes.transAxes, ha="center", color=style.GREY)
        axes.axhline(0, color=style.GREY, lw=1, ls=":")
        axes.set(title=f"n = {n}", ylabel="PR (%)", ylim=(-14, 114), yticks=[0, 50, 100])
    panels[-1].set(xscale="log", xlabel="memory energy per trial (J)")
    _legend(panels[-1])
    return PROSE.plot(
        "memory_networks", figure, origin=results(run).origin, reading=_reading(points), ranges=_ranges(points)
    )


def _draw(axes: Axes, point: EnergyPoint) -> None:
    assert point.energy_J is not None  # networks() leaves the others out
    (pr, pr_low, pr_high), (energy, low, high) = point.performance, point.energy_J
    colour = style.ORANGE if point.scope is None else _COLOUR[point.scope]
    marker = _MARKER[point.network] if point.precision is None else _PRECISION[point.precision]
    if point.energy_45nm_J is not None:
        axes.plot(point.energy_45nm_J, 100 * pr, marker, **{**_LOOK, "mfc": "white"})
    axes.errorbar(
        energy,
        100 * pr,
        yerr=_bar(pr, pr_low, pr_high, 100.0),
        xerr=_bar(energy, low, high),
        fmt=marker,
        mfc=colour,
        ecolor=style.BLACK,
        elinewidth=1,
        capsize=2.5,
        **_LOOK,
    )


def _bar(mean: float, low: float | None, high: float | None, scale: float = 1.0) -> list[list[float]] | None:
    return None if low is None or high is None else [[scale * (mean - low)], [scale * (high - mean)]]


def _legend(axes: Axes) -> None:
    for label, marker in _MARKER.items():
        axes.plot([], [], marker, **_LOOK, mfc=style.GREY, label=label)
    for precision, marker in _PRECISION.items():
        axes.plot([], [], marker, **_LOOK, mfc=style.ORANGE, label=f"LSTM, digital {precision}")
    axes.plot([], [], "s", **_LOOK, mfc="white", label="LSTM, 45 nm, unscaled")
    for scope, colour in _COLOUR.items():
        axes.plot([], [], "-", lw=5, color=colour, label=f"scope {scope}")
    style.legend_below(axes, 2, anchor=(0.45, -0.36))


def _reading(points: Sequence[EnergyPoint]) -> str:
    """The first n's energies in words, lowest first."""
    parts: dict[str, float] = {}
    for point in points:
        if point.energy_J is not None:
            parts.setdefault(f"{point.network} ({point.scope or point.precision})", point.energy_J[0])
    ordered = sorted(parts.items(), key=lambda item: item[1])
    return ", ".join(f"{name} {si(energy, 'J', 3)}" for name, energy in ordered) or "no stored run"


def _ranges(points: Sequence[EnergyPoint]) -> str:
    """Highest and lowest performance of each network over n."""
    curves: dict[str, list[float]] = {}
    for point in points:
        curves.setdefault(point.network, []).append(100 * point.performance[0])
    return "; ".join(f"PR of {name} {max(c):.0f} to {min(c):.0f} %" for name, c in curves.items()) or "No PR"
