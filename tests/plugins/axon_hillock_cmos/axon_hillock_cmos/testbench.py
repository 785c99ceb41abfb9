"""Testbench: constant current in, spikes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from PySpice.Spice.Netlist import Circuit

from axon_hillock_cmos.circuit import DENSITY, SUPPLY, WIDE, AxonHillock, Design
from axon_hillock_cmos.compact import CompactNeuron
from circuits.cells.static import LONG, NMOS
from circuits.measurement import CurveCheck, Measurement
from circuits.own import CircuitTestbench, Current, SpikeInterval
from circuits.testbench import Settings, numeric_fields
from ipcircuit.spice.jobs import Job, Progress, simulate_all

SPIKES = 4  # periods that are simulated after the first spike
CURRENTS_A = (5e-9, 10e-9, 20e-9, 40e-9, 80e-9)  # of the transfer curves


@dataclass(frozen=True)
class AxonHillockTestbench(CircuitTestbench):
    """The neuron under a constant current. One operation is one period, from spike to spike."""

    design: Design = field(default_factory=Design, kw_only=True)

    @property
    def summary(self) -> str:
        return "axon-hillock neuron in plain CMOS"

    @property
    def settings(self) -> tuple[Settings, ...]:
        return (Settings.of("design", *numeric_fields(self.design)), Settings.of("conditions", "v_dd", "output_load_F"))

    @property
    def compact(self) -> CompactNeuron:
        """The neuron that networks train with."""
        return CompactNeuron(self.design.feedback_F * self.conditions.v_dd, self.design.reset_A)

    def build(self) -> AxonHillock:
        return AxonHillock(self.design)

    def stimuli(self) -> dict[str, Current]:
        """The design's current, from the supply."""
        return {"membrane": Current(self.design.current_A, source="vdd")}

    def operations(self) -> SpikeInterval:
        """A run to the first spike, and `SPIKES` periods."""
        charge = (self.design.membrane_F + self.design.feedback_F) * self.conditions.v_dd
        return SpikeInterval(charge / self.design.current_A + SPIKES / self.compact.rate(self.design.current_A))

    def surround(self, circuit: Circuit) -> None:
        """The mirror that sets the reset's current."""
        circuit.M("mirror", "bias", "bias", 0, 0, model=NMOS, w=WIDE, l=LONG)
        circuit.I("reset", 0, "bias", self.design.reset_A)

    def estimate(self) -> dict[str, float]:
        return self.design.estimate_J(self.conditions.v_dd)

    def record(self) -> dict[str, float | str]:
        return {**self.conditions.record(), **vars(self.design)}

    def job(self, *, idle: bool = False, report: bool = False) -> Job:
        self.conditions.check_supply(0.6, 1.2, "v_dd")
        return super().job(idle=idle, report=report)

    def driven(self, current_A: float) -> Self:
        """The same neuron under another current."""
        return replace(self, design=replace(self.design, current_A=current_A))

    def responses(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[Measurement]:
        """Measurement under each of `CURRENTS_A`."""
        benches = [self.driven(current) for current in CURRENTS_A]
        results = simulate_all([job for b in benches for job in b.jobs()], n_jobs=n_jobs, progress=progress)
        return [bench.evaluate(results[2 * i : 2 * i + 2]) for i, bench in enumerate(benches)]

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Rate, over that without dead time, and width of the spikes against the input current."""
        currents, compact = np.array(CURRENTS_A), self.compact
        responses = self.responses(n_jobs=n_jobs, progress=progress)
        periods = np.array([m.period_s if m.spikes_per_operation else np.nan for m in responses])
        widths = np.array([m.details["spike_width_s"] if m.spikes_per_operation else np.nan for m in responses])
        alone = currents / compact.charge_C
        return [
            CurveCheck(
                "rate over I/(C_fb V_DD)",
                currents,
                "A",
                1 / periods / alone,
                compact.rate(currents) / alone,
                unit="",
                tolerance=0.06,
            ),
            CurveCheck("spike width", currents, "A", widths, compact.width(currents), unit="s", tolerance=50e-9),
        ]


TESTBENCH = AxonHillockTestbench(
    supplies={"vdd": SUPPLY.value},
    unconnected=("bias",),
    biases={"vss": 0.0},
    initial_V={"membrane": 0.0},
    capacitor_F_m2=DENSITY.value,
    meters={"first inverter": "vfirst", "second inverter": "vsecond"},
)
