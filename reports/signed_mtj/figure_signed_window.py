"""The design window over length and height at three current densities, with its edges (B4)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from ipcircuit.devices.orthogonal_mtj.design_window import Regime
from ipcircuit.devices.orthogonal_mtj.design_window_map import REPRESENTATIVE, SLOPING, Edge, Plane, WindowMap
from ipcircuit.devices.orthogonal_mtj.device import largest_ra
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext

COLOURS = {
    Regime.CANNOT_REACH: ("#E6E6E6", "cannot reach"),
    Regime.REACHES_AND_RELAXES: (style.SKY, "reaches and relaxes"),
    Regime.CANNOT_RELAX: (style.ORANGE, "cannot relax"),
}
LABELS = {"width": "width W (nm)", "length": "length L (nm)", "height": "height T (nm)"}


def show_regimes(axes: Axes, plane: Plane, regime: np.ndarray) -> None:
    """One map: a coloured cell per point, the representative design as a star."""
    x, y = 1e9 * plane.axis(plane.x), 1e9 * plane.axis(plane.y)
    colours = ListedColormap([colour for colour, _ in COLOURS.values()])
    axes.pcolormesh(x, y, regime, cmap=colours, vmin=-0.5, vmax=2.5, shading="nearest", rasterized=True)
    mark_representative(axes, plane)


def mark_representative(axes: Axes, plane: Plane) -> None:
    """The published size as a star, and the axes' labels."""
    at = [1e9 * REPRESENTATIVE[side] for side in (plane.x, plane.y)]
    axes.plot(*at, "*", color=style.BLACK, ms=13, mec="white", mew=1.0)
    axes.set(xlabel=LABELS[plane.x], ylabel=LABELS[plane.y])
    axes.grid(False)


def show_edges(axes: Axes, plane: Plane, lines: list[Edge]) -> None:
    """Straight lines through the edges, cut at the map."""
    x, y = plane.axis(plane.x), plane.axis(plane.y)
    for edge in lines:
        along = np.linspace(x[0], x[-1], 200)
        line = edge.slope * along + edge.intercept
        inside = (line >= y[0]) & (line <= y[-1])
        if edge.kind in SLOPING:
            axes.plot(1e9 * along[inside], 1e9 * line[inside], "--", color=style.BLACK, lw=1.3)


def legend(axes: Axes, *, edges: bool = True) -> None:
    """What colours and marks mean, below the last map."""
    handles: list[Patch | Line2D] = [Patch(facecolor=colour, label=label) for colour, label in COLOURS.values()]
    if edges:
        handles.append(Line2D([], [], color=style.BLACK, ls="--", label="line through an edge"))
    handles.append(Line2D([], [], color=style.BLACK, marker="*", ls="", ms=11, label="10 × 45 × 50 nm"))
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.45, -0.2), ncols=2, frameon=False)


def draw_maps(found: WindowMap, lines: list[Edge], titles: list[str]) -> Plot:
    """A map per current, one below the other; the caption says what is common to all."""
    figure, axes = style.panels(len(found.currents), 3.1 * len(found.currents) + 1.0)
    for i, (panel, current) in enumerate(zip(axes, found.currents, strict=True)):
        show_regimes(panel, found.plane, found.regime[i])
        show_edges(panel, found.plane, [edge for edge in lines if edge.current_density == current])
        panel.set_title(titles[i])
    legend(axes[-1])
    c, fixed = found.criteria, found.plane.fixed
    straight = [edge.r2 for edge in lines if edge.kind in SLOPING]
    on_line = f"at least {100 * min(straight):.1f} % of an edge's variance is on its line" if straight else "no edges"
    return Plot(
        "signed_window",
        "Design window of the signed neuron",
        f"{found.plane.points} × {found.plane.points} macrospins per map in torch (the declaration that ngspice runs "
        f"too), {found.shape.value}, {LABELS[fixed][:-5]} "
        f"{1e9 * REPRESENTATIVE[fixed]:g} nm. A pulse of {1e9 * c.pulse_s:g} ns must lift m along the pinned layer to "
        f"{c.threshold:g}; {1e9 * c.relax_s:g} ns later its RMS must be below {c.relax_level:g} (assumed criteria). "
        f"Edges: {on_line}. RA: the largest resistance-area product with which the current flows below 1.2 V.",
        "A band runs diagonally through each map: devices in it reach the threshold and relax, outside it they do not "
        "reach it. At higher currents the band widens and its lower end cannot relax.",
        figure,
    )


def draw(context: RunContext) -> Plot:
    """The report's map."""
    runs = context.signed_runs
    titles = [
        f"J = {1e-12 * current:g} TA/m² (RA ≤ {1e12 * largest_ra(runs.device, current):.2f} Ω·µm²)"
        for current in runs.window.currents
    ]
    return draw_maps(runs.window, runs.edges, titles)
