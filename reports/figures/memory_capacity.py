"""What the memory of an IPNet depends on: decay and pulse period, N, slope and spread, predicted and trained."""

from __future__ import annotations

from collections.abc import Callable

from matplotlib.axes import Axes

from network.studies.capacity import SPREAD_NEURONS, SWEEPS
from network.studies.capacity_results import CapacityResults
from reports import style
from reports.context import RunContext
from reports.figures.plot import Plot
from reports.memory_capacity import capacity, undecided
from reports.mismatch import minimum_device_sigma

_MARK = {"color": style.GREY, "lw": 1.2}


def _sweep(axes: Axes, found: CapacityResults, name: str, scale: Callable[[float], float] = float) -> None:
    """Predictions as lines, trained networks as marks with their interval; each n in its own colour and style."""
    sweep, rows = SWEEPS[name], found.rows([name])
    for n in sweep.n:
        i, line = n - 1, found.line(name, n)
        axes.plot([scale(x) for x, _ in line], [100 * pr for _, pr in line], style.LINES[i], color=style.CYCLE[i],
                  lw=1.3, label=f"n = {n}")  # fmt: skip
        trained = [row for row in rows if row["n"] == n]
        axes.errorbar(
            [scale(row[sweep.quantity]) for row in trained], [100 * row["PR"] for row in trained],
            yerr=[100 * ((row["high"] or row["PR"]) - row["PR"]) for row in trained], fmt=style.MARKERS[i],
            color=style.CYCLE[i], capsize=3, lw=1.3,
        )  # fmt: skip
    axes.axvline(scale(sweep.own()), ls=":", **_MARK)
    axes.set(ylabel="PR (%)", ylim=(-6, 106))


def _basis(found: CapacityResults) -> str:
    return (
        "Lines: an ideal observer of the same device, computed before any training; marks: trained networks, with "
        f"their 95 % interval where there are several seeds; dotted: the circuit's own value. {found.origin}"
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
    above.legend(loc="upper right", ncols=2, fontsize=8.5)
    below.legend(loc="upper right", ncols=3)
    return Plot(
        "memory_forgetting", "How fast the memory forgets",
        "PR on n-back against the decay of heat per step, all else as in the circuit; and against the time between "
        "pulses, which changes both poles' decay and lets each pulse's heat cool before the next. "
        f"{_basis(found)}.",
        f"Predicted performance against γ: {'; '.join(_extremes(found, 'decay', n) for n in (1, 2, 3, 4))}.",
        figure,
    )  # fmt: skip


def devices(context: RunContext) -> Plot:
    """N, slope, spread of the midpoint, share of devices that are off."""
    found, wrong = capacity(context), undecided(context)
    figure, (number, slope, midpoint, off) = style.panels(4, 11.0)
    _sweep(number, found, "neurons")
    _sweep(slope, found, "slope")
    _sweep(midpoint, found, "midpoint", lambda v: 1e3 * v)
    _sweep(off, found, "off", lambda share: 100 * share)
    number.set_xscale("log", base=2)
    number.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    number.set(title="devices per input", xlabel="N")
    slope.set(title="slope of the firing curve", xlabel="k (1/V)")
    midpoint.set(title=f"spread of the midpoint, N = {SPREAD_NEURONS}", xlabel="σ (mV)")
    off.set(title=f"devices that never fire, N = {SPREAD_NEURONS}", xlabel="share (%)")
    number.legend(loc="lower right", ncols=2)
    slope.legend(loc="lower right", ncols=2)
    sigma = minimum_device_sigma()
    midpoint.axvline(1e3 * sigma, ls="--", **_MARK)
    midpoint.annotate("a minimum transistor's\nthreshold, for size", (1e3 * sigma, 96), (5, 0), va="top", fontsize=9,
                      textcoords="offset points", bbox=style.LABEL_BOX)  # fmt: skip
    for (name, share), height in zip(wrong.items(), (96, 96), strict=True):
        off.axvline(100 * share, ls="--", **_MARK)
        text = "minimum transistors" if name == "minimum" else "as sized"
        off.annotate(text, (100 * share, height), (5, 0), va="top", fontsize=9, textcoords="offset points",
                     bbox=style.LABEL_BOX)  # fmt: skip
    return Plot(
        "memory_devices", "What N, slope and spread cost",
        f"PR on n-back. {_basis(found)}. Spread: every device drawn on its own, n = 2. Dashed: below, the share of "
        "comparators that would decide wrongly under threshold mismatch (estimated), which stay at one output and tell "
        "no more than a device that is off; above, σ of a minimum transistor's threshold, which moves the read and "
        "not the firing.",
        "Performance rises with N and is flat in the slope around the circuit's own; "
        f"{_extremes(found, 'neurons', 2)}; {_extremes(found, 'midpoint', 2)} (V); {_extremes(found, 'off', 2)}.",
        figure,
    )  # fmt: skip
