"""Figures of the window study: yield under variation, and the window from 250 to 400 K."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from ipcircuit.devices.orthogonal_mtj.design_window_map import PointYield, WindowMap
from reports.figures import style
from reports.figures.plot import Plot
from reports.signed_mtj.figure_signed_window import legend, mark_representative, show_regimes


def yield_plot(window: WindowMap, shares: np.ndarray, yields: Sequence[PointYield]) -> Plot:
    """Working share over the plane, and of the representative size against temperature."""
    plane, current = window.plane, window.currents[0]
    figure, axes = style.panels(2, 7.4, ratios=[1.25, 1.0])
    x, y = 1e9 * plane.axis(plane.x), 1e9 * plane.axis(plane.y)
    image = axes[0].pcolormesh(x, y, 100 * shares, cmap="cividis", vmin=0, vmax=100, shading="nearest", rasterized=True)
    figure.colorbar(image, ax=axes[0], label="working devices (%)")
    mark_representative(axes[0], plane)
    sigma = 1e9 * yields[0].sigma_m
    axes[0].set_title(f"J = {1e-12 * current:g} TA/m², sides vary by σ = {sigma:g} nm")
    levels = sorted({row.current_density for row in yields if row.temperature_K > 0})
    for i, level in enumerate(levels):
        rows = [row for row in yields if row.current_density == level and row.temperature_K > 0]
        share = np.array([row.working / row.samples for row in rows])
        ends = np.abs(np.array([row.interval for row in rows]).T - share)
        kelvin = [row.temperature_K + 3 * i for row in rows]
        axes[1].errorbar(
            kelvin,
            100 * share,
            100 * ends,
            fmt=style.MARKERS[i] + style.LINES[i],
            capsize=3,
            color=style.CYCLE[i],
            label=f"{1e-12 * level:g} TA/m²",
        )
    axes[1].set(
        title="10 × 45 × 50 nm, same variation, agitated",
        xlabel="temperature (K)",
        ylabel="working devices (%)",
        ylim=(0, 105),
    )
    axes[1].legend(loc="lower right")
    return Plot(
        "signed_yield",
        "Yield of the signed neuron under variation of its sides",
        f"Top: share of devices that reach and relax when every side varies by {sigma:g} nm (assumed, normal, "
        f"independent), {window.shape.value}, no agitation. Bottom: the published size with thermal field and Ms(T) by "
        "Bloch's law (Curie temperature assumed); bars are 95 % intervals.",
        "The band of working devices has soft edges; the share of working devices of the published size rises with "
        "temperature, because a smaller magnetisation is easier to turn.",
        figure,
    )


def temperature_plot(window: WindowMap, hot: Mapping[float, np.ndarray]) -> Plot:
    """The map at every temperature, one random history per point."""
    figure, axes = style.panels(len(hot), 2.9 * len(hot) + 1.0)
    for panel, (kelvin, regime) in zip(axes, hot.items(), strict=True):
        show_regimes(panel, window.plane, regime)
        working = int(np.count_nonzero(regime == 1))
        panel.set_title(f"{kelvin:g} K: {working} of {regime.size} points work")
    legend(axes[-1], edges=False)
    return Plot(
        "signed_temperature",
        "Design window from 250 to 400 K",
        f"{window.shape.value}, J = {1e-12 * window.currents[0]:g} TA/m², thermal field and Ms(T) by Bloch's law; one "
        "random history per point, so that the edges are ragged.",
        "The band of working devices grows with temperature.",
        figure,
    )
