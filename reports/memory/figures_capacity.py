"""Figures of what an IPNet's memory depends on, and of accuracy against energy, of designs and of all networks."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import NullFormatter

from circuits.thermal_mtj.reading.decision_yield import minimum_device_sigma
from energy.cost import SCOPES
from ipcircuit.units import si
from network.experiments.memory.capacity import CapacityResults
from network.experiments.memory.memory import N_BACK
from network.experiments.memory.sweeps import FRONT_N, SPREAD_NEURONS, SWEEPS
from reports import simulated
from reports.figures import style
from reports.figures.chart import Axis, Chart, Choice
from reports.figures.marks import estimates
from reports.figures.plot import Plot
from reports.memory.networks import EnergyPoint, Interval, energy_points
from reports.memory.results import capacity, results, undecided
from reports.prose import Prose
from reports.scores import in_words
from reports.section import Run

PROSE = Prose(__file__)

PERFORMANCE = f"PR: {in_words('PR')}"
_MARK = {"color": style.GREY, "lw": 1.2}
_NUMBERS = (1, 2, 4, 8, 16, 32, 64)
_MICROJOULES = (2, 5, 10, 20, 50, 100, 200)
_COLOUR: dict[str, str] = dict(zip(SCOPES, (style.SKY, style.BLUE, style.GREEN), strict=True))
_MARKER = {"IPNet": "o", "IPNet without plasticity": "X", "LIF": "D", "LIF in both layers": "P"}
_PRECISION = {"fp32": "s", "int8": "^"}
_LOOK = {"ms": 7.5, "mec": style.BLACK, "mew": 0.8, "ls": "none"}

Rows = Sequence[Mapping[str, Any]]


def _sweep(axes: Axes, swept: CapacityResults, name: str, scale: Callable[[float], float] = float) -> None:
    """Predictions as lines, trained networks as marks with their interval; each n in its own colour and style."""
    sweep, rows = SWEEPS[name], swept.rows([name])
    for n in sweep.n:
        i, line = n - 1, swept.line(name, n)
        look = {"color": style.CYCLE[i], "lw": 1.3}
        axes.plot([scale(x) for x, _ in line], [100 * pr for _, pr in line], style.LINES[i], label=f"n = {n}", **look)
        trained = [row for row in rows if row["n"] == n]
        axes.errorbar(
            [scale(row[sweep.quantity]) for row in trained],
            [100 * row["PR"] for row in trained],
            yerr=[100 * ((row["high"] or row["PR"]) - row["PR"]) for row in trained],
            fmt=style.MARKERS[i],
            capsize=3,
            **look,
        )
    axes.axvline(scale(sweep.own()), ls=":", **_MARK)
    axes.set(ylabel="performance PR (%)", ylim=(-6, 106))


def _explain(axes: Axes, numbers: Sequence[int]) -> None:
    """What lines, marks and colours of the sweeps mean, below the last panel."""
    handles = [
        Line2D([], [], color=style.CYCLE[n - 1], ls=style.LINES[n - 1], marker=style.MARKERS[n - 1], label=f"{n}-back")
        for n in numbers
    ]
    handles += [
        Line2D([], [], color=style.GREY, label="line: ideal observer"),
        Line2D([], [], color=style.GREY, marker="o", ls="", label="mark: trained network"),
        Line2D([], [], ls=":", **_MARK, label="the circuit's own value"),
        Line2D([], [], ls="", label=PERFORMANCE),
    ]
    style.legend_below(axes, 2, handles=handles)


def _basis(swept: CapacityResults) -> str:
    return (
        "Lines: an ideal observer of the same device, computed before any training; marks: trained networks, with "
        f"their 95 % interval where there are several seeds; dotted: the circuit's own value. The device is the "
        f"compact model that `ipcircuit check` holds against ngspice, changed as the axis says; {swept.origin}"
    )


def _extremes(swept: CapacityResults, name: str, n: int = 2) -> str:
    line = swept.line(name, n)
    best, worst = max(line, key=lambda p: p[1]), min(line, key=lambda p: p[1])
    return f"n = {n}: highest {100 * best[1]:.0f} % at {best[0]:.3g}, lowest {100 * worst[1]:.0f} % at {worst[0]:.3g}"


def forgetting(run: Run) -> Plot:
    """Decay per step, and pulse period."""
    swept = capacity(run)
    figure, (above, below) = style.panels(2, 7.4)
    _sweep(above, swept, "decay")
    _sweep(below, swept, "period", lambda s: 1e9 * s)
    above.set(title="decay per step, one thermal pole", xlabel="heat left after one step, γ", xlim=(0, 1))
    below.set(title="pulse period, the device's two poles", xlabel="time between pulses (ns)")
    _explain(below, (1, 2, 3, 4))
    extremes = "; ".join(_extremes(swept, "decay", n) for n in (1, 2, 3, 4))
    return PROSE.plot("memory_forgetting", figure, basis=_basis(swept), extremes=extremes)


def devices(run: Run) -> Plot:
    """N, slope, amplitude."""
    swept = capacity(run)
    figure, (number, slope, amplitude) = style.panels(3, 9.4)
    _sweep(number, swept, "neurons")
    _sweep(slope, swept, "slope")
    _sweep(amplitude, swept, "amplitude")
    number.set_xscale("log", base=2)
    number.set_xticks(_NUMBERS, [str(n) for n in _NUMBERS])
    number.set(title="devices per input", xlabel="neurons per input, N")
    slope.set(title="slope of the firing curve, pulses of 0.85 V", xlabel="slope at the midpoint, k (1/V)")
    amplitude.set(title="amplitude of the pulses", xlabel="set amplitude (V)")
    _explain(amplitude, (1, 2))
    return PROSE.plot(
        "memory_devices",
        figure,
        basis=_basis(swept),
        **{name: _extremes(swept, name) for name in ("neurons", "slope", "amplitude")},
    )


def spread(run: Run) -> Plot:
    """Spread of the midpoint, share of devices that are off; n = 2."""
    swept, wrong = capacity(run), undecided(run.jobs)
    figure, (midpoint, off) = style.panels(2, 6.8)
    _sweep(midpoint, swept, "midpoint", lambda v: 1e3 * v)
    _sweep(off, swept, "off", lambda share: 100 * share)
    midpoint.set(
        title=f"spread of the midpoint, N = {SPREAD_NEURONS}, n = 2", xlabel="standard deviation σ of the midpoint (mV)"
    )
    off.set(title=f"devices that never fire, N = {SPREAD_NEURONS}, n = 2", xlabel="share of devices (%)")
    _mark(midpoint, 1e3 * minimum_device_sigma(), "a minimum transistor's\nthreshold, for size")
    _mark(off, 100 * wrong["minimum"], "minimum transistors")
    _mark(off, 100 * wrong["sized"], "as sized")
    _explain(off, (2,))
    extremes = {name: _extremes(swept, name) for name in ("midpoint", "off")}
    return PROSE.plot("memory_spread", figure, basis=_basis(swept), **extremes)


def _mark(axes: Axes, x: float, text: str) -> None:
    axes.axvline(x, ls="--", **_MARK)
    axes.annotate(text, (x, 96), (5, 0), va="top", fontsize=9, textcoords="offset points", bbox=style.LABEL_BOX)


def _scope(axes: Axes, rows: Rows, scope: str) -> None:
    """Colour by decay, marker by amplitude; the best ones in a line, with their N."""
    decays, volts = (sorted({row[name] for row in rows}) for name in ("gamma", "item_V"))
    for row in rows:
        i, j = decays.index(row["gamma"]), volts.index(row["item_V"])
        error = None if row["high"] is None else 100 * (row["high"] - row["PR"])
        look = {
            "color": style.CYCLE[i],
            "mfc": style.CYCLE[i] if row[f"{scope}_best"] else "white",
            "ms": 7,
            "mew": 1.4,
        }
        place = 1e6 * row[f"{scope}_J"], 100 * row["PR"]
        axes.errorbar(*place, yerr=error, fmt=style.MARKERS[j], lw=1.0, zorder=3, **look)
    best = sorted((1e6 * row[f"{scope}_J"], 100 * row["PR"]) for row in rows if row[f"{scope}_best"])
    axes.step(*zip(*best, strict=True), where="post", color=style.GREY, lw=1.0)
    axes.set_xscale("log")
    axes.set(title=f"{scope} scope", ylabel="performance PR (%)")


def _number(axes: Axes, rows: Rows, scope: str) -> None:
    """N above the best network of each N."""
    for neurons in sorted({row["neurons"] for row in rows}):
        same = [row for row in rows if row["neurons"] == neurons]
        top = max(row["PR"] for row in same)
        energies = [row[f"{scope}_J"] for row in same]
        at = 1e6 * (min(energies) * max(energies)) ** 0.5, 100 * top
        axes.annotate(f"N = {neurons:.0f}", at, (0, 8), textcoords="offset points", ha="center", fontsize=9.5)


def _words(row: Mapping[str, Any]) -> str:
    return f"N = {row['neurons']:.0f}, γ = {row['gamma']:.2f}, {row['item_V']:.2f} V ({100 * row['PR']:.0f} %)"


def front(run: Run) -> Plot:
    """Accuracy against energy of the memory over N, decay and pulse amplitude, one panel per scope."""
    swept = capacity(run)
    rows = swept.front()
    figure, axes = style.panels(len(SCOPES), 9.0, sharex=True, sharey=True)
    for panel, scope in zip(axes, SCOPES, strict=True):
        _scope(panel, rows, scope)
        _number(panel, rows, scope)
        panel.margins(x=0.08, y=0.16)
    axes[-1].set_xlabel("memory energy per trial (µJ)")
    axes[-1].set_xticks(_MICROJOULES, [f"{x:g}" for x in _MICROJOULES])
    axes[-1].xaxis.set_minor_formatter(NullFormatter())
    for i, gamma in enumerate(sorted({row["gamma"] for row in rows})):
        own = any(row["gamma"] == gamma and row["own"] for row in rows)
        axes[-1].plot([], [], "s", color=style.CYCLE[i], label=f"γ = {gamma:.2f}{', the circuit' if own else ''}")
    for j, volts in enumerate(sorted({row["item_V"] for row in rows})):
        axes[-1].plot([], [], style.MARKERS[j], color=style.BLACK, mfc="white", label=f"set to {volts:.2f} V")
    axes[-1].plot([], [], "o-", color=style.GREY, lw=1.0, label="none as cheap is as good")
    axes[-1].plot([], [], ls="", label="γ: heat left after a step")
    axes[-1].plot([], [], ls="", label=PERFORMANCE)
    style.legend_below(axes[-1], 2)
    names = ", ".join(_words(row) for row in rows if row["circuit_best"])
    return PROSE.plot("memory_front", figure, front_n=FRONT_N, swept=swept, names=names, copies=_copies(run))


def _copies(run: Run) -> str:
    return simulated.copies_text("differential", run.jobs)


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
        axes.set(title=f"{n}-back", ylabel="PR (%)", ylim=(-14, 114), yticks=[0, 50, 100])
    panels[-1].set(xscale="log", xlabel="memory energy per trial")
    style.prefixed(panels[-1].xaxis, "J")
    _legend(panels[-1])
    texts = {"reading": _reading(points), "ranges": _ranges(points), "copies": _copies(run)}
    plot = PROSE.plot("memory_networks", figure, origin=results(run).origin, **texts)
    return replace(plot, chart=_chart(points, plot.alt) if points else None)


def _chart(points: Sequence[EnergyPoint], description: str) -> Chart:
    """The same points, those of one n at a time."""
    rows = [
        {
            "n": f"n = {point.n}",
            "network": point.network,
            "counted": f"{point.scope} scope" if point.scope else f"digital {point.precision}",
            **_interval("energy_J", point.energy_J),
            **_interval("performance", _percent(point.performance)),
            "basis": point.basis,
            "seeds": point.seeds,
        }
        for point in points
        if point.energy_J is not None
    ]
    numbers = list(dict.fromkeys(row["n"] for row in rows))
    return estimates(
        rows,
        Axis("energy_J", "memory energy per trial", "J", log=True),
        Axis("performance", PERFORMANCE, "%"),
        description,
        kind=("network", "network"),
        shape=("counted", "counted"),
        choices=[Choice("n", "n-back", numbers[(len(numbers) - 1) // 2])],
        about={"basis": "basis", "seeds": "seeds"},
    )


def _interval(column: str, interval: Interval) -> dict[str, float | None]:
    return dict(zip((column, f"{column}_low", f"{column}_high"), interval, strict=True))


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


def _percent(interval: Interval) -> Interval:
    mean, low, high = interval
    return 100 * mean, None if low is None else 100 * low, None if high is None else 100 * high


def _bar(mean: float, low: float | None, high: float | None, scale: float = 1.0) -> list[list[float]] | None:
    return None if low is None or high is None else [[scale * (mean - low)], [scale * (high - mean)]]


def _legend(axes: Axes) -> None:
    for label, marker in _MARKER.items():
        axes.plot([], [], marker, **_LOOK, mfc=style.GREY, label=label)
    for precision, marker in _PRECISION.items():
        axes.plot([], [], marker, **_LOOK, mfc=style.ORANGE, label=f"LSTM, digital {precision}")
    axes.plot([], [], "s", **_LOOK, mfc="white", label="LSTM, 45 nm, unscaled")
    for scope, colour in _COLOUR.items():
        axes.plot([], [], "-", lw=5, color=colour, label=f"{scope} scope")
    axes.plot([], [], ls="", label=PERFORMANCE)
    style.legend_below(axes, 2)


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
