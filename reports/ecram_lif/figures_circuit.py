"""Figures of the ECRAM device and of the delay-feedback neuron: relaxation, waveforms, f-I curve, energy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from scipy.optimize import curve_fit

from circuits.ecram_lif.response import LifResult
from circuits.ecram_lif.testbench import INTERVAL_TOLERANCE, DelayFeedbackTestbench, delay_feedback_lif_testbench
from circuits.ecram_lif.topologies import Response
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE, STEP_OHM
from ipcircuit.devices.ecram.device import base_resistance, declare, resistance
from ipcircuit.spice.transient import Transient
from reports import simulated
from reports.ecram_lif import simulations
from reports.ecram_lif.simulations import CAPACITANCES, PULSE_START, RELAXATION, SUPPLIES
from reports.figures import style
from reports.figures.plot import Plot
from reports.ledger.record import published
from reports.prose import Prose
from reports.section import Run

PROSE = Prose(__file__)

PULSE_END = PULSE_START + GATE_PULSE.duration
BEFORE, AFTER = 25e-9, 55e-9  # s around the enlarged spike


def setting() -> str:
    """Simulator and conditions of the delay-feedback neuron, for a caption."""
    return simulated.setting(simulations.waveforms().run.simulator, delay_feedback_lif_testbench().conditions)


class Decay(NamedTuple):
    """size · ((1 - slow) exp(-t / fast_s) + slow exp(-t / slow_s)), fitted to the simulated trace."""

    size_ohm: float
    slow: float
    fast_s: float
    slow_s: float

    def __call__(self, t: np.ndarray) -> np.ndarray:
        return self.size_ohm * ((1 - self.slow) * np.exp(-t / self.fast_s) + self.slow * np.exp(-t / self.slow_s))


def _remaining(run: Transient, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Times (s) after the pulse, and the change of resistance (ohm) that is left then."""
    t = np.geomspace(1e-7, 0.98 * RELAXATION, points)
    return t, base_resistance(declare()) - np.interp(PULSE_END + t, run.time, resistance(run, "x1"))


def fitted(run: Transient) -> Decay:
    """Least-squares decay of the trace after the pulse; nothing is held fixed."""
    t, change = _remaining(run, 600)
    start = Decay(1000.0, 0.5, 5.0, 200.0)  # times in µs, for the fit's conditioning
    size, slow, fast, late = curve_fit(lambda t_us, *p: Decay(*p)(t_us), 1e6 * t, change, p0=start)[0].tolist()
    return Decay(size, slow, 1e-6 * fast, 1e-6 * late)


def _pulse(gate: Axes, channel: Axes, run: Transient) -> None:
    """Gate voltage, and below it the channel's resistance, over the same time."""
    time, base = 1e9 * (run.time - PULSE_START), base_resistance(declare())
    gate.plot(time, run["g"], "-", color=style.BLACK, lw=1.3)
    gate.set(title="gate pulse", ylabel="voltage (V)", ylim=(-0.1, 1.15))
    gate.tick_params(labelbottom=False)
    channel.plot(time, 1e-3 * resistance(run, "x1"), "-", color=style.BLUE, label="channel in ngspice")
    stated = f"published: {1e-3 * STEP_OHM:g} kΩ per spike"
    channel.axhline(1e-3 * (base - STEP_OHM), color=style.VERMILION, ls="--", lw=1.5, label=stated)
    channel.set(title="channel", xlabel="time after the pulse began (ns)", ylabel="resistance (kΩ)")
    channel.set_ylim(1e-3 * (base - 1.12 * STEP_OHM), 1e-3 * (base + 0.12 * STEP_OHM))
    channel.legend(loc="upper right")
    for axes in (gate, channel):
        axes.set_xlim(-10, 40)


def _relaxation(axes: Axes, run: Transient, decay: Decay) -> None:
    t, change = _remaining(run, 400)
    axes.semilogx(1e6 * t, 1e-3 * change, "-", color=style.SKY, lw=5, alpha=0.8, label="device in ngspice")
    axes.semilogx(1e6 * t, 1e-3 * decay(t), "-", color=style.BLACK, lw=1.2, label="two-pole fit")
    parts = (((1 - decay.slow), decay.fast_s, "--", style.VERMILION), (decay.slow, decay.slow_s, "-.", style.GREEN))
    for share, tau, line, colour in parts:
        left, label = decay.size_ohm * share * np.exp(-t / tau), f"{100 * share:.0f} % with {1e6 * tau:.3g} µs"
        axes.semilogx(1e6 * t, 1e-3 * left, line, color=colour, label=label)
    axes.set(title="relaxation", xlabel="time after the pulse (µs)", ylabel="remaining change (kΩ)", ylim=(0, 1.7))
    axes.set_xticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    axes.legend(loc="upper right")


def relaxation(run: Run) -> Plot:
    """Channel resistance through one gate pulse, and its relaxation with the two-pole decay over it (C1)."""
    transient, p = simulations.relaxation(), declare().values()
    decay = fitted(transient)
    step = base_resistance(declare()) - transient.at(resistance(transient, "x1"), PULSE_END)
    figure, axes = style.panels(3, 8.0, ratios=[0.5, 1, 1.1])
    _pulse(axes[0], axes[1], transient)
    _relaxation(axes[2], transient, decay)
    values = {"pulse": GATE_PULSE, "width_s": GATE_PULSE.plateau + GATE_PULSE.rise, "step": step, "published": STEP_OHM}
    values |= {"fast_us": 1e6 * decay.fast_s, "tau_fast_us": 1e6 * p["tau_fast"]}
    return PROSE.plot("ecram_relaxation", figure, transient=transient, decay=decay, p=p, **values)


def _train(axes: list[Axes], response: LifResult) -> None:
    run, v_dd = response.run, response.conditions.v_dd
    time = 1e6 * run.time
    axes[0].plot(time, run["input"], color=style.BLACK, lw=1.1)
    axes[0].set(title="input spikes", ylabel="voltage (V)")
    axes[1].plot(time, run["membrane"], color=style.BLUE)
    axes[1].axhline(0.475 * v_dd, color=style.GREY, ls=":", lw=1.4, label="analytic threshold")
    axes[1].set(title="membrane", ylabel="voltage (V)")
    axes[1].legend(loc="upper left")
    axes[2].plot(time, 1e-3 * resistance(run, "xneuron.xsynapse"), color=style.GREEN)
    axes[2].set(title="ECRAM synapse", ylabel="resistance (kΩ)")
    axes[3].plot(time, run["output"], color=style.VERMILION, lw=1.1)
    axes[3].set(title="output", ylabel="voltage (V)", xlabel="time (µs)")
    for panel in axes:
        panel.set_xlim(0, time[-1])
    for panel in axes[:3]:
        panel.tick_params(labelbottom=False)
    for panel in (axes[0], axes[1], axes[3]):
        panel.set_ylim(-0.08 * v_dd, 1.12 * v_dd)


def _spike(axes: Axes, response: LifResult) -> None:
    run, start = response.run, float(response.spikes_s[0])
    inside = (run.time > start - BEFORE) & (run.time < start + AFTER)
    series = (
        ("membrane", "membrane", style.BLUE),
        ("output", "output", style.VERMILION),
        ("xneuron.delayed_bar", "delay node", style.PURPLE),
        ("xneuron.reset", "reset", style.BLACK),
    )
    for (signal, label, colour), line in zip(series, ("-", "--", "-.", ":"), strict=True):
        axes.plot(1e9 * (run.time[inside] - start), run[signal][inside], line, color=colour, label=label)
    axes.set(title="the first output spike, enlarged", xlabel="time after the output rose (ns)")
    axes.set_ylabel("voltage (V)")
    style.legend_below(axes, 4)


def waveforms(run: Run) -> Plot:
    """Input spikes, membrane, synapse and output of the neuron at work; one spike enlarged with its delay node."""
    response = simulations.waveforms()
    assert response.width_s is not None and response.refractory_s is not None  # noqa: PT018 - types: it fires by default
    figure, axes = style.panels(5, 10.2, ratios=[0.9, 1.3, 1.0, 0.9, 1.7])
    _train(axes[:4], response)
    _spike(axes[4], response)
    return PROSE.plot("ecram_waveforms", figure, setting=setting(), response=response)


def frequency(run: Run) -> Plot:
    """f-I curve, circuit beside the hand formula: firing rate, and the circuit's rate over the formula's."""
    bench, responses = delay_feedback_lif_testbench(), simulations.frequencies(run.jobs)
    current = np.array(DelayFeedbackTestbench.currents)
    dead = np.array([r.refractory_s if r.refractory_s is not None else np.nan for r in responses])
    rate = 1 / np.array([r.interval_s if r.interval_s is not None else np.nan for r in responses])
    charge = bench.design.membrane_F * bench.conditions.v_dd / 2
    formula = 1 / (charge / (current - bench.design.leak_A) + dead)
    figure, axes = style.panels(2, 6.6, ratios=[1.5, 1])
    micro, error = 1e6 * current, 100 * (rate / formula - 1)
    axes[0].loglog(micro, 1e-6 * formula, "-", color=style.BLACK, lw=1.3, label="analytic formula")
    axes[0].loglog(micro, 1e-6 * rate, "o", color=style.BLUE, label="circuit")
    axes[0].set(title="firing rate", ylabel="rate (MHz)")
    axes[0].legend(loc="upper left")
    axes[1].axhspan(
        -100 * INTERVAL_TOLERANCE,
        100 * INTERVAL_TOLERANCE,
        color=style.SKY,
        alpha=0.35,
        lw=0,
        label=f"tolerance, ±{100 * INTERVAL_TOLERANCE:g} %",
    )
    axes[1].semilogx(micro, error, "o-", color=style.BLUE)
    axes[1].set(title="circuit against formula", ylabel="difference (%)", ylim=(-14, 14))
    axes[1].legend(loc="lower right")
    for panel in axes:
        panel.set_xlabel("current into the membrane (µA)")
        panel.set_xticks(micro, [f"{m:g}" for m in micro])
        panel.minorticks_off()
    axes[0].set_yticks([0.2, 0.5, 1, 2, 5], ["0.2", "0.5", "1", "2", "5"])
    worst = float(np.abs(error).max())
    ends = {"rates": (rate[0], rate[-1]), "currents": (micro[0], micro[-1])}
    return PROSE.plot("ecram_frequency", figure, setting=setting(), bench=bench, worst=worst, **ends)


def _is_slower(point: Response) -> bool:
    return point.testbench.design.delay_s > delay_feedback_lif_testbench().design.delay_s


def _energies(axes: Axes, points: list[Response], *, relative: bool) -> None:
    for index, supply in enumerate(SUPPLIES):
        shown = [p for p in points if p.testbench.conditions.v_dd == supply and p.energy_J is not None]
        colour, marker = style.CYCLE[index], style.MARKERS[index]
        pico = [1e12 * p.testbench.design.membrane_F for p in shown]
        plain = [c * supply**2 for c in pico]
        energy = [1e12 * (p.energy_J or 0.0) / (c if relative else 1) for p, c in zip(shown, plain, strict=True)]
        axes.plot(pico, energy, "-", color=colour, lw=1.2)
        for p, x, y in zip(shown, pico, energy, strict=True):
            axes.plot(x, y, marker, color=colour, mfc="white" if _is_slower(p) else colour, mew=1.5)
        axes.plot([], [], marker + "-", color=colour, label=f"{supply:.1f} V")
        if not relative:
            axes.plot(pico, plain, ":", color=colour, lw=1.4)


def energy(run: Run) -> Plot:
    """Energy per spike against membrane capacitance and supply, beside C V² and the published 2 pJ; and over C V²."""
    points = simulations.grid(run.jobs)
    figure, axes = style.panels(2, 8.4, ratios=[1.35, 1])
    _energies(axes[0], points, relative=False)
    _energies(axes[1], points, relative=True)
    stated = 1e12 * published("C2")
    axes[0].axhline(stated, color=style.BLACK, ls="--", lw=1.5, label=f"published: {stated:g} pJ")
    axes[0].plot([], [], ":", color=style.GREY, label="C·V² of the membrane")
    axes[0].plot([], [], "o", color=style.GREY, mfc="white", mew=1.5, ls="none", label="longer delay than 10 ns")
    axes[0].set_yscale("log")
    axes[0].set_yticks([0.3, 0.5, 1, 2, 5], ["0.3", "0.5", "1", "2", "5"])
    axes[0].set(title="energy per output spike", ylabel="energy (pJ)")
    axes[1].set(title="over C·V² of the membrane", ylabel="energy / C·V²")
    for panel in axes:
        panel.set_xscale("log")
        panel.set_xticks([1e12 * c for c in CAPACITANCES], [f"{1e12 * c:g}" for c in CAPACITANCES])
        panel.minorticks_off()
        panel.set(xlabel="membrane capacitance (pF)")
    style.legend_below(axes[1], 3, handles=axes[0].get_legend_handles_labels()[0])
    fired = [(p, p.energy_J) for p in points if p.energy_J is not None]
    energies = [e for _, e in fired]
    slower = "; ".join(f"{_at(p)}: {1e9 * p.testbench.design.delay_s:g} ns" for p, _ in fired if _is_slower(p))
    missing = len(points) - len(fired)
    simulator = next(p.result.run.simulator for p in points if p.result is not None)
    nearest, _ = min(fired, key=lambda pair: abs(1e12 * pair[1] - stated))
    return PROSE.plot(
        "ecram_energy",
        figure,
        setting=simulated.setting(simulator, delay_feedback_lif_testbench().conditions).rpartition(", ")[0],
        slower=slower or "none",
        missing=f" {missing} of {len(points)} points gave no energy." if missing else "",
        energies_pJ=(1e12 * min(energies), 1e12 * max(energies)),
        stated=stated,
        nearest=_at(nearest),
    )


def _at(point: Response) -> str:
    return f"{1e12 * point.testbench.design.membrane_F:g} pF at {point.testbench.conditions.v_dd:g} V"
