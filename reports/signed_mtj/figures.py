"""Figures of the signed neuron: membrane with the fitted equation (B2, B3), circuit at work, design window (B4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from circuits.signed_mtj.check import predict
from circuits.signed_mtj.response import SignedResult
from circuits.signed_mtj.stimulus import START
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.signed_mtj.fit import Design, Trace
from ipcircuit.devices.orthogonal_mtj.design_window import (
    REPRESENTATIVE,
    SLOPING,
    Edge,
    Plane,
    PointYield,
    Regime,
    WindowMap,
)
from ipcircuit.devices.orthogonal_mtj.device import declare, largest_ra
from reports import simulated
from reports.figures import style
from reports.figures.plot import Plot
from reports.prose import Prose
from reports.section import Run
from reports.signed_mtj import simulations

PROSE = Prose(__file__)

COLOURS = {
    Regime.CANNOT_REACH: ("#E6E6E6", "cannot reach the threshold"),
    Regime.REACHES_AND_RELAXES: (style.SKY, "reaches and relaxes"),
    Regime.CANNOT_RELAX: (style.ORANGE, "cannot relax"),
}
LABELS = {"width": "width W (nm)", "length": "length L (nm)", "height": "height T (nm)"}

_STEPS = (
    ("positive drive", style.VERMILION, "-"),
    ("rest after positive", style.ORANGE, ":"),
    ("negative drive", style.BLUE, "--"),
    ("rest after negative", style.SKY, "-."),
)


def _drive(axes: Axes, trace: Trace) -> None:
    axes.plot(1e9 * trace.time, 1e-12 * trace.current_density, "-", color=style.GREY, lw=1.2)
    axes.set(title="current density", ylabel="J (TA/m²)", ylim=(-1.4, 1.4))


def _single(axes: Axes, trace: Trace) -> None:
    time = 1e9 * trace.time
    axes.plot(time, trace.u, "-", color=style.SKY, lw=2.6, label="macrospin")
    for name, line, colour, label in (
        ("analytic", ":", style.BLACK, "LIF, analytic constants"),
        ("fitted", "--", style.VERMILION, "LIF, fitted"),
    ):
        axes.plot(time, simulations.fits()[name].fitted, line, color=colour, lw=1.4, label=label)
    axes.set(title="orthogonal, one device, no agitation", xlabel="time (ns)")
    axes.set(ylabel="membrane u", ylim=(-0.52, 0.75))
    axes.legend(loc="upper right")


def _design(axes: Axes, design: Design, limits: tuple[float, float]) -> None:
    time, u = 1e9 * design.trace.time, design.trace.u
    axes.fill_between(
        time, u - design.spread, u + design.spread, color=style.SKY, alpha=0.35, lw=0, label="±σ of devices"
    )
    axes.plot(time, u, "-", color=style.BLUE, lw=1.8, label="mean")
    axes.plot(time, design.free.fitted, "--", color=style.VERMILION, lw=1.4, label="LIF, fitted")
    axes.set(title=f"{design.name}, 300 K: fit error {100 * design.free.relative:.0f} %")
    axes.set(ylabel="membrane u", ylim=limits)
    axes.legend(loc="upper right", ncols=3, columnspacing=1.0, handlelength=1.6)


def membrane(run: Run) -> Plot:
    """Drive, one device with its fits, and both designs at 300 K."""
    trace, designs = simulations.trace(), simulations.designs()
    figure, axes = style.panels(4, 10.2, ratios=[0.55, 1.3, 1.1, 1.1])
    _drive(axes[0], trace)
    _single(axes[1], trace)
    _design(axes[2], designs["orthogonal"], (-0.85, 1.15))
    _design(axes[3], designs["parallel"], (-1.5, 0.6))
    axes[3].set_xlabel("time (ns)")
    fitted, constants = simulations.fits()["fitted"], analytic(declare())
    return PROSE.plot(
        "signed_membrane",
        figure,
        fitted=fitted,
        analytic_ns=1e9 * constants.tau_s,
        gains=(1e12 * fitted.neuron.gain, 1e12 * constants.gain),
    )


def _input(axes: Axes, response: SignedResult) -> None:
    run = response.run
    axes.plot(1e9 * run.time, run["positive"], "-", color=style.VERMILION, label="positive")
    axes.plot(1e9 * run.time, run["negative"], "--", color=style.BLUE, label="negative")
    axes.plot(1e9 * run.time, run["read"], ":", color=style.GREY, label="read")
    axes.set(title="input lines and read", ylabel="voltage (V)", ylim=(-0.1, 1.9))
    axes.legend(loc="upper center", ncols=3)


def _junction(axes: Axes, response: SignedResult) -> None:
    run = response.run
    axes.plot(1e9 * run.time, run["xneuron.top"] - run["xneuron.bottom"], "-", color=style.BLACK, lw=1.2)
    axes.set(title="across the junction", ylabel="voltage (V)", ylim=(-1.3, 1.3))


def _membrane(axes: Axes, response: SignedResult) -> None:
    run = response.run
    compact = predict(response.design, response.conditions, response.stimulus)
    axes.plot(1e9 * run.time, run["xneuron.xmtj.projection"], "-", color=style.SKY, lw=2.6, label="circuit")
    axes.plot(1e9 * compact.time, compact.u, ":", color=style.BLACK, lw=1.6, label="compact model")
    threshold = response.design.threshold
    for level, label in ((threshold, f"thresholds, ±{threshold:g}"), (-threshold, None)):
        axes.axhline(level, color=style.GREY, ls="--", lw=1.0, label=label)
    timing = response.conditions.timing
    strobes = START + timing.strobe + timing.period_s * np.arange(len(response.spikes))
    axes.plot(1e9 * strobes, response.membrane, "o", color=style.VERMILION, label="at the strobe")
    axes.set(title="membrane u, the part of m along the pinned layer", ylabel="membrane u", ylim=(-0.55, 0.95))
    axes.legend(loc="upper right", ncols=2, columnspacing=1.0, handlelength=1.6)


def _output(axes: Axes, response: SignedResult) -> None:
    run = response.run
    axes.plot(1e9 * run.time, run["plus"], "-", color=style.VERMILION, label="plus")
    axes.plot(1e9 * run.time, run["minus"], "--", color=style.BLUE, label="minus")
    axes.set(title="spike lines", ylabel="voltage (V)", xlabel="time (ns)", ylim=(-0.1, 1.9))
    axes.legend(loc="upper center", ncols=2)


def _reads(axes: Axes, response: SignedResult) -> None:
    """Divider's output over the middle of both taps, from the start of each read to the strobe and a little on."""
    run, timing = response.run, response.conditions.timing
    middle = (run["xneuron.level_plus"] + run["xneuron.level_minus"]) / 2
    away = 1e3 * (run["xneuron.top"] - middle)
    half = 0.5e3 * (run["xneuron.level_minus"] - run["xneuron.level_plus"])
    for i, (label, colour, line) in enumerate(_STEPS):
        start = START + i * timing.period_s + timing.read_start
        inside = (run.time > start + 0.06e-9) & (run.time < start + timing.strobe_s + 0.02e-9)
        time = 1e9 * (run.time[inside] - start)
        axes.plot(time, away[inside], line, color=colour, label=label)
        if i == 1:
            axes.plot(time, half[inside], color=style.GREY, lw=1.2, ls=(0, (1, 1)), label="taps of the thresholds")
            axes.plot(time, -half[inside], color=style.GREY, lw=1.2, ls=(0, (1, 1)))
    axes.axvline(1e9 * timing.strobe_s, color=style.BLACK, lw=0.8, label="strobe")
    axes.set(title="divider over the middle of the taps, four reads")
    axes.set(ylabel="voltage (mV)", xlabel="time after the start of the read (ns)")
    style.legend_below(axes, 2)


def waveforms(run: Run) -> Plot:
    """Five panels; the last one is the four reads on their own time axis."""
    response = simulations.operation(run.jobs)
    figure, axes = style.panels(5, 10.4, ratios=[0.8, 0.8, 1.4, 0.8, 1.5])
    for panel, draw in zip(axes, (_input, _junction, _membrane, _output, _reads), strict=True):
        draw(panel, response)
    for panel in axes[:4]:
        panel.set_xlim(0, 1e9 * response.run.time[-1])
    for panel in axes[:3]:
        panel.tick_params(labelbottom=False)
    spikes = ", ".join(f"{s:+g}".replace("-", "−") for s in response.spikes if s)
    setting = simulated.setting(response.run.simulator, response.conditions)
    return PROSE.plot("signed_waveforms", figure, setting=setting, spikes=spikes)


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
        handles.append(Line2D([], [], color=style.BLACK, ls="--", label="straight line through an edge"))
    handles.append(Line2D([], [], color=style.BLACK, marker="*", ls="", ms=11, label="published, 10 × 45 × 50 nm"))
    style.legend_below(axes, handles=handles)


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
