"""Section of the report: waveforms, rate and width, and the functions that the ledger names."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.figure import Figure

from axon_hillock_cmos.circuit import PARAMETERS
from axon_hillock_cmos.testbench import CURRENTS_A, TESTBENCH
from ipcircuit.parameters import Parameter
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Transient
from reports.figures.plot import Plot
from reports.figures.style import BLUE, VERMILION
from reports.section import Run, Section


def spikes(run: Run) -> Plot:
    """Waveforms under the design's current, and the rate against current."""
    transient = simulate(TESTBENCH.job())
    assert isinstance(transient, Transient)
    rate, _ = TESTBENCH.check(n_jobs=run.jobs)
    figure = Figure(figsize=(5.4, 5.4), layout="constrained")
    top, bottom = figure.subplots(2)
    top.plot(1e6 * transient.time, transient["output"], color=VERMILION, ls="--", label="output")
    top.plot(1e6 * transient.time, transient["membrane"], color=BLUE, label="membrane")
    top.set(xlabel="time (µs)", ylabel="voltage (V)", title="20 nA into the membrane", ylim=(-0.05, 1.1))
    top.legend(loc="upper center", ncols=2)
    bottom.plot(1e9 * rate.x, rate.compact, color=BLUE, label="compact model")
    bottom.plot(1e9 * rate.x, rate.circuit, "o", color=VERMILION, label="circuit, ngspice")
    bottom.set(xlabel="input current (nA)", ylabel=r"rate / ($I$ / $C_\mathrm{fb} V_\mathrm{DD}$)", title="Spike rate")
    bottom.legend()
    return Plot(
        "axon_hillock_spikes",
        "Axon-hillock neuron in plain CMOS",
        f"{transient.simulator}, 28 nm card, {TESTBENCH.conditions.label()}. The rate is below I/(C_fb V_DD) because a "
        "spike takes time; the compact model has the published width and no time of the inverters.",
        "The membrane ramps up, jumps with each spike of the output, and is reset; the rate falls from "
        f"{rate.circuit[0]:.2f} to {rate.circuit[-1]:.2f} of I/(C_fb V_DD) as the current rises.",
        figure,
    )


def published_times(run: Run) -> dict[str, float | None]:
    """Interval and width at 20 nA, each over the published expression."""
    response = TESTBENCH.responses(n_jobs=run.jobs)[CURRENTS_A.index(TESTBENCH.design.current_A)]
    current, compact = np.float64(TESTBENCH.design.current_A), TESTBENCH.compact
    rest, width = (response.details.get(name) for name in ("rest_s", "spike_width_s"))
    return {
        "interval": None if rest is None else float(rest * current / compact.charge_C),
        "width": None if width is None else float(width / compact.width(current)),
    }


def parameters(_: Run) -> Iterator[tuple[str, Parameter]]:
    """Sizes, currents and constants of the hand calculation."""
    return (("axon-hillock neuron", parameter) for parameter in PARAMETERS)


SECTION = Section(
    "axon_hillock_cmos",
    "Axon-hillock neuron in plain CMOS",
    "Two inverters and two capacitors: what a neuron costs without an emerging device.",
    figures=(spikes,),
    parameters=parameters,
)
