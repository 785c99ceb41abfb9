"""Figures of what the memory of an IPNet depends on, predicted and trained, and of its accuracy against energy."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import NullFormatter

from circuits.thermal_mtj.decision_yield import minimum_device_sigma
from energy.cost import SCOPES
from network.experiments.memory.capacity import CapacityResults
from network.experiments.memory.sweeps import FRONT_N, SPREAD_NEURONS, SWEEPS
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.results import capacity, undecided
from reports.section import Run

_MARK = {"color": style.GREY, "lw": 1.2}
_NUMBERS = (1, 2, 4, 8, 16, 32, 64)
_MICROJOULES = (2, 5, 10, 20, 50, 100, 200)

Rows = Sequence[Mapping[str, Any]]


def _sweep(axes: Axes, swept: CapacityResults, name: str, scale: Callable[[float], float] = float) -> None:
    """Predictions as lines, trained networks as marks with their interval; each n in its own colour and style."""
    sweep, rows = SWEEPS[name], swept.rows([name])
    for n in sweep.n:
        i, line = n - 1, swept.line(name, n)
        axes.plot(
            [scale(x) for x, _ in line],
            [100 * pr for _, pr in line],
            style.LINES[i],
            color=style.CYCLE[i],
            lw=1.3,
            label=f"n = {n}",
        )
        trained = [row for row in rows if row["n"] == n]
        axes.errorbar(
            [scale(row[sweep.quantity]) for row in trained],
            [100 * row["PR"] for row in trained],
            yerr=[100 * ((row["high"] or row["PR"]) - row["PR"]) for row in trained],
            fmt=style.MARKERS[i],
            color=style.CYCLE[i],
            capsize=3,
            lw=1.3,
        )
    axes.axvline(scale(sweep.own()), ls=":", **_MARK)
    axes.set(ylabel="PR (%)", ylim=(-6, 106))


def _basis(swept: CapacityResults) -> str:
    return (
        "Lines: an ideal observer of the same device, computed before any training; marks: trained networks, with "
        f"their 95 % interval where there are several seeds; dotted: the circuit's own value. The device is the "
        f"compact model that `ipcircuit check` holds against ngspice, changed as the axis says; {swept.origin}"
    )


def _extremes(swept: CapacityResults, name: str, n: int) -> str:
    line = swept.line(name, n)
    best, worst = max(line, key=lambda p: p[1]), min(line, key=lambda p: p[1])
    return f"n = {n}: highest {100 * best[1]:.0f} % at {best[0]:.3g}, lowest {100 * worst[1]:.0f} % at {worst[0]:.3g}"


def forgetting(run: Run) -> Plot:
    """Decay per step, and pulse period."""
    swept = capacity(run)
    figure, (above, below) = style.panels(2, 6.8)
    _sweep(above, swept, "decay")
    _sweep(below, swept, "period", lambda s: 1e9 * s)
    above.set(title="decay per step, one thermal pole", xlabel="γ", xlim=(0, 1))
    below.set(title="pulse period, the device's two poles", xlabel="time between pulses (ns)")
    for axes in (above, below):
        axes.set(ylim=(-6, 128), yticks=range(0, 101, 20))
    above.legend(loc="upper center", ncols=4, fontsize=8.5)
    below.legend(loc="upper right", ncols=3)
    return Plot(
        "memory_forgetting",
        "How fast the memory forgets",
        "PR on n-back against the decay of heat per step, all else as in the circuit; and against the time between "
        "pulses, which changes both poles' decay and lets each pulse's heat cool before the next. "
        f"{_basis(swept)}.",
        f"Predicted performance against γ: {'; '.join(_extremes(swept, 'decay', n) for n in (1, 2, 3, 4))}.",
        figure,
    )


def devices(run: Run) -> Plot:
    """N, slope, amplitude."""
    swept = capacity(run)
    figure, (number, slope, amplitude) = style.panels(3, 8.8)
    _sweep(number, swept, "neurons")
    _sweep(slope, swept, "slope")
    _sweep(amplitude, swept, "amplitude")
    number.set_xscale("log", base=2)
    number.set_xticks(_NUMBERS, [str(n) for n in _NUMBERS])
    number.set(title="devices per input", xlabel="N")
    slope.set(title="slope of the firing curve, pulses of 0.85 V", xlabel="k (1/V)")
    amplitude.set(title="amplitude of the pulses", xlabel="set amplitude (V)")
    number.legend(loc="lower right", ncols=2)
    slope.legend(loc="lower right", ncols=2)
    return Plot(
        "memory_devices",
        "What N, slope and amplitude do",
        f"PR on n-back. {_basis(swept)}.",
        f"Predicted performance against N, {_extremes(swept, 'neurons', 2)}; against the slope, "
        f"{_extremes(swept, 'slope', 2)} 1/V; against the amplitude, {_extremes(swept, 'amplitude', 2)} V.",
        figure,
    )


def spread(run: Run) -> Plot:
    """Spread of the midpoint, share of devices that are off; n = 2."""
    swept, wrong = capacity(run), undecided(run.jobs)
    figure, (midpoint, off) = style.panels(2, 6.0)
    _sweep(midpoint, swept, "midpoint", lambda v: 1e3 * v)
    _sweep(off, swept, "off", lambda share: 100 * share)
    midpoint.set(title=f"spread of the midpoint, N = {SPREAD_NEURONS}, n = 2", xlabel="σ (mV)")
    off.set(title=f"devices that never fire, N = {SPREAD_NEURONS}, n = 2", xlabel="share (%)")
    _mark(midpoint, 1e3 * minimum_device_sigma(), "a minimum transistor's\nthreshold, for size")
    _mark(off, 100 * wrong["minimum"], "minimum transistors")
    _mark(off, 100 * wrong["sized"], "as sized")
    return Plot(
        "memory_spread",
        "What device spread costs",
        f"PR on n-back, every device drawn on its own. {_basis(swept)}. Dashed: below, the share of comparators that "
        "would decide wrongly under threshold mismatch (estimated), which stay at one output and tell no more than a "
        "device that is off; above, σ of a minimum transistor's threshold, which moves the read and not the firing.",
        f"Predicted performance against the midpoint's spread, {_extremes(swept, 'midpoint', 2)} V; against the share "
        f"that is off, {_extremes(swept, 'off', 2)}.",
        figure,
    )


def _mark(axes: Axes, x: float, text: str) -> None:
    axes.axvline(x, ls="--", **_MARK)
    axes.annotate(text, (x, 96), (5, 0), va="top", fontsize=9, textcoords="offset points", bbox=style.LABEL_BOX)


def _scope(axes: Axes, rows: Rows, scope: str) -> None:
    """Colour by decay, marker by amplitude; the best ones in a line, with their N."""
    decays, volts = (sorted({row[name] for row in rows}) for name in ("gamma", "item_V"))
    for row in rows:
        i, j = decays.index(row["gamma"]), volts.index(row["item_V"])
        error = None if row["high"] is None else 100 * (row["high"] - row["PR"])
        axes.errorbar(
            1e6 * row[f"{scope}_J"],
            100 * row["PR"],
            yerr=error,
            fmt=style.MARKERS[j],
            color=style.CYCLE[i],
            ms=7,
            mfc=style.CYCLE[i] if row[f"{scope}_best"] else "white",
            mew=1.4,
            lw=1.0,
            zorder=3,
        )
    best = sorted((row for row in rows if row[f"{scope}_best"]), key=lambda row: row[f"{scope}_J"])
    axes.step(
        [1e6 * row[f"{scope}_J"] for row in best],
        [100 * row["PR"] for row in best],
        where="post",
        color=style.GREY,
        lw=1.0,
    )
    axes.set_xscale("log")
    axes.set(title=f"{scope} scope", ylabel="PR (%)")


def _number(axes: Axes, rows: Rows, scope: str) -> None:
    """N above the best network of each N."""
    for neurons in sorted({row["neurons"] for row in rows}):
        same = [row for row in rows if row["neurons"] == neurons]
        top = max(row["PR"] for row in same)
        middle = (min(row[f"{scope}_J"] for row in same) * max(row[f"{scope}_J"] for row in same)) ** 0.5
        axes.annotate(
            f"N = {neurons:.0f}",
            (1e6 * middle, 100 * top),
            (0, 8),
            textcoords="offset points",
            ha="center",
            fontsize=9.5,
        )


def _words(row: Mapping[str, Any]) -> str:
    return f"N = {row['neurons']:.0f}, γ = {row['gamma']:.2f}, {row['item_V']:.2f} V ({100 * row['PR']:.0f} %)"


def front(run: Run) -> Plot:
    """Accuracy against energy of the memory over N, decay and pulse amplitude, one panel per scope."""
    swept = capacity(run)
    rows = swept.front()
    figure, axes = style.panels(len(SCOPES), 8.6, sharex=True, sharey=True)
    for panel, scope in zip(axes, SCOPES, strict=True):
        _scope(panel, rows, scope)
        _number(panel, rows, scope)
        panel.margins(x=0.08, y=0.16)
    axes[-1].set_xlabel("memory energy per trial (µJ)")
    axes[-1].set_xticks(_MICROJOULES, [f"{x:g}" for x in _MICROJOULES])
    axes[-1].xaxis.set_minor_formatter(NullFormatter())
    for i, gamma in enumerate(sorted({row["gamma"] for row in rows})):
        own = any(row["gamma"] == gamma and row["own"] for row in rows)
        axes[-1].plot([], [], "s", color=style.CYCLE[i], label=f"γ = {gamma:.2f}{', own' if own else ''}")
    for j, volts in enumerate(sorted({row["item_V"] for row in rows})):
        axes[-1].plot([], [], style.MARKERS[j], color=style.BLACK, mfc="white", label=f"{volts:.2f} V")
    style.legend_below(axes[-1], 3, anchor=(0.45, -0.28))
    best = [row for row in rows if row["circuit_best"]]
    names = ", ".join(_words(row) for row in best)
    return Plot(
        "memory_front",
        "Accuracy against energy",
        f"PR on n-back, n = {FRONT_N}, against the energy of the memory per trial: pulses of the input layer, counted "
        "while the network ran, times the differential neuron simulated in ngspice at that amplitude. Filled, on the "
        "line: no other network is as cheap and as good. Colour is the decay per step (one pole), the marker the "
        f"amplitude. {swept.origin}.",
        f"In the circuit scope the networks that no other beats are {names}.",
        figure,
    )
