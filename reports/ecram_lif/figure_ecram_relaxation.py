"""ECRAM channel resistance through one default gate pulse, and its relaxation with the two-pole decay over it (C1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import curve_fit

from ipcircuit.devices.ecram.currie2026 import GATE_PULSE, STEP_OHM
from ipcircuit.devices.ecram.device import base_resistance, declare, resistance
from ipcircuit.spice.transient import Transient
from reports.ecram_lif.ecram_runs import PULSE_START, RELAXATION
from reports.figures import style
from reports.figures.plot import Plot
from reports.page.context import RunContext

END = PULSE_START + GATE_PULSE.duration


@dataclass(frozen=True)
class Decay:
    """size · ((1 - slow) exp(-t / fast_s) + slow exp(-t / slow_s)), fitted to the simulated trace."""

    size_ohm: float
    slow: float
    fast_s: float
    slow_s: float

    def __call__(self, t: np.ndarray) -> np.ndarray:
        return self.size_ohm * ((1 - self.slow) * np.exp(-t / self.fast_s) + self.slow * np.exp(-t / self.slow_s))


def fitted(run: Transient) -> Decay:
    """Least-squares decay of the trace after the pulse; nothing is held fixed."""
    t = np.geomspace(1e-7, 0.98 * RELAXATION, 600)
    change = base_resistance(declare()) - np.interp(END + t, run.time, resistance(run, "x1"))

    def model(t_us: np.ndarray, size: float, slow: float, fast_us: float, slow_us: float) -> np.ndarray:
        return Decay(size, slow, fast_us, slow_us)(t_us)

    size, slow, fast, late = curve_fit(model, 1e6 * t, change, p0=(1000.0, 0.5, 5.0, 200.0))[0]
    return Decay(float(size), float(slow), 1e-6 * float(fast), 1e-6 * float(late))


def _pulse(axes: Axes, run: Transient) -> None:
    time, ohms = 1e9 * (run.time - PULSE_START), resistance(run, "x1")
    axes.plot(time, 1e-3 * ohms, "-", color=style.BLUE, label="channel")
    base = base_resistance(declare())
    axes.axhline(1e-3 * (base - STEP_OHM), color=style.VERMILION, ls="--", lw=1.5, label="published: 1.5 kΩ per spike")
    axes.set(
        title="through the pulse",
        xlabel="time after the pulse began (ns)",
        ylabel="resistance (kΩ)",
        xlim=(-10, 40),
        ylim=(1e-3 * base - 1.75, 1e-3 * base + 0.45),
    )
    gate = axes.twinx()
    gate.plot(time, run["g"], ":", color=style.GREY, lw=1.6)
    gate.set(ylabel="gate (V)", ylim=(-0.05, 3.2))
    gate.set_yticks([0, 1])
    gate.grid(False)
    axes.plot([], [], ":", color=style.GREY, label="gate, right axis")
    axes.legend(loc="center right", bbox_to_anchor=(1.0, 0.62))


def _relaxation(axes: Axes, run: Transient, decay: Decay) -> None:
    t = np.geomspace(1e-7, 0.98 * RELAXATION, 400)
    change = base_resistance(declare()) - np.interp(END + t, run.time, resistance(run, "x1"))
    axes.semilogx(1e6 * t, change, "-", color=style.SKY, lw=5, alpha=0.8, label="device in ngspice")
    axes.semilogx(1e6 * t, decay(t), "-", color=style.BLACK, lw=1.2, label="two-pole fit")
    parts = (((1 - decay.slow), decay.fast_s, "--", style.VERMILION), (decay.slow, decay.slow_s, "-.", style.GREEN))
    for share, tau, line, colour in parts:
        axes.semilogx(
            1e6 * t,
            decay.size_ohm * share * np.exp(-t / tau),
            line,
            color=colour,
            label=f"{100 * share:.0f} %, {1e6 * tau:.3g} µs",
        )
    axes.set(title="relaxation", xlabel="time after the pulse (µs)", ylabel="change that is left (Ω)", ylim=(0, 1700))
    axes.legend(loc="upper right")


def draw(context: RunContext) -> Plot:
    """Two panels: nanoseconds of the pulse, and the relaxation on a logarithmic time axis."""
    run, p = context.ecram.relaxation, declare().values()
    decay = fitted(run)
    step = base_resistance(declare()) - run.at(resistance(run, "x1"), END)
    figure, axes = style.panels(2, 7.6)
    _pulse(axes[0], run)
    _relaxation(axes[1], run, decay)
    return Plot(
        "ecram_relaxation",
        "ECRAM channel through one gate pulse",
        f"The bare ECRAM in {run.simulator}, 0.1 V over its channel, one default gate pulse ({GATE_PULSE.amplitude:g} "
        f"V, {1e9 * (GATE_PULSE.plateau + GATE_PULSE.rise):g} ns at half height). The pulse moves the channel by "
        f"{step:.0f} Ω (published: {STEP_OHM:.0f} Ω, which the gain was derived from). Base resistance, pulse, share "
        f"and both time constants are assumed. Two-pole fit to the trace: {1e6 * decay.fast_s:.2f} µs and "
        f"{1e6 * decay.slow_s:.1f} µs (model: {1e6 * p['tau_fast']:g} and {1e6 * p['tau_slow']:g} µs).",
        f"The resistance falls by {step:.0f} Ω within the 10 ns of the pulse and returns in two steps, with "
        f"{1e6 * decay.fast_s:.1f} and {1e6 * decay.slow_s:.0f} µs.",
        figure,
    )
