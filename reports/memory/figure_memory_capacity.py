"""What the memory of an IPNet depends on: decay, pulse period, N, slope, amplitude, spread; predicted and trained."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axes import Axes

from circuits.thermal_mtj.decision_yield import minimum_device_sigma
from network.experiments.memory.capacity import SPREAD_NEURONS, SWEEPS
from network.experiments.memory.capacity_results import CapacityResults
from reports.figures import style
from reports.figures.plot import Plot
from reports.memory.memory_capacity import capacity, undecided
from reports.page.context import RunContext

_MARK = {"color": style.GREY, "lw": 1.2}
_NUMBERS = (1, 2, 4, 8, 16, 32, 64)


def _sweep(axes: Axes, found: CapacityResults, name: str, scale: Callable[[float], float] = float) -> None:
    """Predictions as lines, trained networks as marks with their interval; each n in its own colour and style."""
    sweep, rows = SWEEPS[name], found.rows([name])
    for n in sweep.n:
        i, line = n - 1, found.line(name, n)
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


def _basis(found: CapacityResults) -> str:
    return (
        "Lines: an ideal observer of the same device, computed before any training; marks: trained networks, with "
        f"their 95 % interval where there are several seeds; dotted: the circuit's own value. The device is the "
        f"compact model that `ipcircuit check` holds against ngspice, changed as the axis says; {found.origin}"
    )


def _extremes(found: CapacityResults, name: str, n: int) -> str:
    line = found.line(name, n)
    best, worst = max(line, key=lambda p: p[1]), min(line, key=lambda p: p[1])
    return f"n = {n}: highest {100 * best[1]:.0f} % at {best[0]:.3g}, lowest {100 * worst[1]:.0f} % at {worst[0]:.3g}"


def forgetting(context: RunContext) -> Plot:
    """Decay per step, and pulse period."""
    found = capacity(context)
    figure, (above, below) = style.panels(2, 6.8)
    _sweep(above, found, "decay")
    _sweep(below, found, "period", lambda s: 1e9 * s)
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
        f"{_basis(found)}.",
        f"Predicted performance against γ: {'; '.join(_extremes(found, 'decay', n) for n in (1, 2, 3, 4))}.",
        figure,
    )


def devices(context: RunContext) -> Plot:
    """N, slope, amplitude."""
    found = capacity(context)
    figure, (number, slope, amplitude) = style.panels(3, 8.8)
    _sweep(number, found, "neurons")
    _sweep(slope, found, "slope")
    _sweep(amplitude, found, "amplitude")
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
        f"PR on n-back. {_basis(found)}.",
        f"Predicted performance against N, {_extremes(found, 'neurons', 2)}; against the slope, "
        f"{_extremes(found, 'slope', 2)} 1/V; against the amplitude, {_extremes(found, 'amplitude', 2)} V.",
        figure,
    )


def spread(context: RunContext) -> Plot:
    """Spread of the midpoint, share of devices that are off; n = 2."""
    found, wrong = capacity(context), undecided(context)
    figure, (midpoint, off) = style.panels(2, 6.0)
    _sweep(midpoint, found, "midpoint", lambda v: 1e3 * v)
    _sweep(off, found, "off", lambda share: 100 * share)
    midpoint.set(title=f"spread of the midpoint, N = {SPREAD_NEURONS}, n = 2", xlabel="σ (mV)")
    off.set(title=f"devices that never fire, N = {SPREAD_NEURONS}, n = 2", xlabel="share (%)")
    _mark(midpoint, 1e3 * minimum_device_sigma(), "a minimum transistor's\nthreshold, for size")
    _mark(off, 100 * wrong["minimum"], "minimum transistors")
    _mark(off, 100 * wrong["sized"], "as sized")
    return Plot(
        "memory_spread",
        "What device spread costs",
        f"PR on n-back, every device drawn on its own. {_basis(found)}. Dashed: below, the share of comparators that "
        "would decide wrongly under threshold mismatch (estimated), which stay at one output and tell no more than a "
        "device that is off; above, σ of a minimum transistor's threshold, which moves the read and not the firing.",
        f"Predicted performance against the midpoint's spread, {_extremes(found, 'midpoint', 2)} V; against the share "
        f"that is off, {_extremes(found, 'off', 2)}.",
        figure,
    )


def _mark(axes: Axes, x: float, text: str) -> None:
    axes.axvline(x, ls="--", **_MARK)
    axes.annotate(text, (x, 96), (5, 0), va="top", fontsize=9, textcoords="offset points", bbox=style.LABEL_BOX)
