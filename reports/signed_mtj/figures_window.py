"""Figures of the design window: maps with their edges (B4), yield under variation, temperatures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ipcircuit.devices.orthogonal_mtj.design_window import Regime
from ipcircuit.devices.orthogonal_mtj.design_window_map import (
    REPRESENTATIVE,
    SLOPING,
    Edge,
    Plane,
    PointYield,
    WindowMap,
)
from ipcircuit.devices.orthogonal_mtj.device import declare, largest_ra
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.signed_mtj import simulations

PROSE = Prose(__file__)

COLOURS = {
    Regime.CANNOT_REACH: ("#E6E6E6", "cannot reach"),
    Regime.REACHES_AND_RELAXES: (style.SKY, "reaches and relaxes"),
    Regime.CANNOT_RELAX: (style.ORANGE, "cannot relax"),
}
LABELS = {"width": "width W (nm)", "length": "length L (nm)", "height": "height T (nm)"}


def _regimes(axes: Axes, plane: Plane, regime: np.ndarray) -> None:
    """One map: a coloured cell per point, the representative design as a star."""
    x, y = 1e9 * plane.axis(plane.x), 1e9 * plane.axis(plane.y)
    colours = ListedColormap([colour for colour, _ in COLOURS.values()])
    axes.pcolormesh(x, y, regime, cmap=colours, vmin=-0.5, vmax=2.5, shading="nearest", rasterized=True)
    _representative(axes, plane)


def _representative(axes: Axes, plane: Plane) -> None:
    """The published size as a star, and the axes' labels."""
    at = [1e9 * REPRESENTATIVE[side] for side in (plane.x, plane.y)]
    axes.plot(*at, "*", color=style.BLACK, ms=13, mec="white", mew=1.0)
    axes.set(xlabel=LABELS[plane.x], ylabel=LABELS[plane.y])
    axes.grid(False)


def _edges(axes: Axes, plane: Plane, lines: list[Edge]) -> None:
    """Straight lines through the edges, cut at the map."""
    x, y = plane.axis(plane.x), plane.axis(plane.y)
    for edge in lines:
        along = np.linspace(x[0], x[-1], 200)
        line = edge.slope * along + edge.intercept
        inside = (line >= y[0]) & (line <= y[-1])
        if edge.kind in SLOPING:
            axes.plot(1e9 * along[inside], 1e9 * line[inside], "--", color=style.BLACK, lw=1.3)


def _legend(axes: Axes, *, edges: bool = True) -> None:
    """What colours and marks mean, below the last map."""
    handles: list[Patch | Line2D] = [Patch(facecolor=colour, label=label) for colour, label in COLOURS.values()]
    if edges:
        handles.append(Line2D([], [], color=style.BLACK, ls="--", label="line through an edge"))
    handles.append(Line2D([], [], color=style.BLACK, marker="*", ls="", ms=11, label="10 × 45 × 50 nm"))
    style.legend_below(axes, anchor=(0.45, -0.2), handles=handles)


def window(run: Run) -> Plot:
    """The report's map."""
    return draw_maps(simulations.window(), simulations.window_edges())


def draw_maps(window_map: WindowMap, lines: list[Edge]) -> Plot:
    """A map per current, one below the other; the caption says what is common to all."""
    device, plane = declare(), window_map.plane
    figure, axes = style.panels(len(window_map.currents), 3.1 * len(window_map.currents) + 1.0)
    for i, (panel, current) in enumerate(zip(axes, window_map.currents, strict=True)):
        _regimes(panel, plane, window_map.regime[i])
        _edges(panel, plane, [edge for edge in lines if edge.current_density == current])
        panel.set_title(f"{_tera(current)} (RA ≤ {1e12 * largest_ra(device, current):.2f} Ω·µm²)")
    _legend(axes[-1])
    straight = [edge.r2 for edge in lines if edge.kind in SLOPING]
    on_line = f"at least {100 * min(straight):.1f} % of an edge's variance is on its line" if straight else "no edges"
    values = {"side": LABELS[plane.fixed][:-5], "size": REPRESENTATIVE[plane.fixed], "on_line": on_line}
    return PROSE.plot("signed_window", figure, window_map=window_map, **values)


def draw_yield(window_map: WindowMap, shares: np.ndarray, yields: Sequence[PointYield]) -> Plot:
    """Working share over the plane, and of the representative size against temperature."""
    plane, current = window_map.plane, window_map.currents[0]
    figure, axes = style.panels(2, 7.4, ratios=[1.25, 1.0])
    x, y = 1e9 * plane.axis(plane.x), 1e9 * plane.axis(plane.y)
    image = axes[0].pcolormesh(x, y, 100 * shares, cmap="cividis", vmin=0, vmax=100, shading="nearest", rasterized=True)
    figure.colorbar(image, ax=axes[0], label="working devices (%)")
    _representative(axes[0], plane)
    sigma = 1e9 * yields[0].sigma_m
    axes[0].set_title(f"{_tera(current)}, sides vary by σ = {sigma:g} nm")
    levels = sorted({row.current_density for row in yields if row.temperature_K > 0})
    for i, level in enumerate(levels):
        rows = [row for row in yields if row.current_density == level and row.temperature_K > 0]
        share = np.array([row.working / row.samples for row in rows])
        ends = np.abs(np.array([row.interval for row in rows]).T - share)
        kelvin = [row.temperature_K + 3 * i for row in rows]
        look = {"fmt": style.MARKERS[i] + style.LINES[i], "color": style.CYCLE[i], "capsize": 3}
        axes[1].errorbar(kelvin, 100 * share, 100 * ends, label=f"{1e-12 * level:g} TA/m²", **look)
    axes[1].set(title="10 × 45 × 50 nm, same variation, agitated", xlabel="temperature (K)")
    axes[1].set(ylabel="working devices (%)", ylim=(0, 105))
    axes[1].legend(loc="lower right")
    return PROSE.plot("signed_yield", figure, sigma=sigma, window_map=window_map)


def draw_temperatures(window_map: WindowMap, hot: Mapping[float, np.ndarray]) -> Plot:
    """The map at every temperature, one random history per point."""
    figure, axes = style.panels(len(hot), 2.9 * len(hot) + 1.0)
    for panel, (kelvin, regime) in zip(axes, hot.items(), strict=True):
        _regimes(panel, window_map.plane, regime)
        working = int(np.count_nonzero(regime == Regime.REACHES_AND_RELAXES))
        panel.set_title(f"{kelvin:g} K: {working} of {regime.size} points work")
    _legend(axes[-1], edges=False)
    return PROSE.plot("signed_temperature", figure, window_map=window_map, current=_tera(window_map.currents[0]))


def _tera(current_density: float) -> str:
    return f"J = {1e-12 * current_density:g} TA/m²"
