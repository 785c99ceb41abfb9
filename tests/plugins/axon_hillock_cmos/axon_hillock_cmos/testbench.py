"""Testbench: constant current in, spikes out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from PySpice.Spice.Netlist import Circuit

from axon_hillock_cmos.circuit import DENSITY, SUPPLY, WIDE, AxonHillock, Design
from axon_hillock_cmos.compact import CompactNeuron
from circuits.cells.static import LONG, NMOS
from circuits.conditions import Analysis, Conditions, transient_deck
from circuits.testbench import Component, CurveCheck, Measurement, Settings, Testbench, numeric_fields
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.spice.transient import Transient

SPIKES = 4  # periods that are simulated after the first spike
IDLE_s = 1e-6  # of a neuron without input; the second half is measured
CURRENTS_A = (5e-9, 10e-9, 20e-9, 40e-9, 80e-9)  # of the transfer curves
METERS = {"first inverter": "i(v.xneuron.vfirst)", "second inverter": "i(v.xneuron.vsecond)"}


@dataclass(frozen=True)
class Response:
    """Spikes of one run; None where there are fewer than two.

    Attributes:
        spikes_s: rising edges of the output.
        rest_s, width_s: means of t_L and t_H, low and high output.
        energy_J: mean per period, by component.
    """

    spikes_s: np.ndarray
    rest_s: float | None = None
    width_s: float | None = None
    energy_J: Mapping[str, float] | None = None


@dataclass(frozen=True)
class AxonHillockTestbench(Testbench):
    """The neuron under a constant current. One operation is one period, from spike to spike."""

    conditions: Conditions = field(default_factory=lambda: Conditions(v_dd=SUPPLY.value), kw_only=True)
    design: Design = field(default_factory=Design)

    @property
    def name(self) -> str:
        return "axon_hillock_cmos"

    @property
    def summary(self) -> str:
        return "axon-hillock neuron in plain CMOS"

    @property
    def settings(self) -> tuple[Settings, ...]:
        return (Settings.of("design", *numeric_fields(self.design)), *super().settings)

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        """No device: in a random copy only the transistors' thresholds vary."""
        return {}

    def sampled(self, sample: Sample) -> Self:
        """A random copy."""
        return replace(self, conditions=replace(self.conditions, sample=sample))

    @property
    def compact(self) -> CompactNeuron:
        """The neuron that networks train with."""
        return CompactNeuron(self.design.feedback_F * self.conditions.v_dd, self.design.reset_A)

    def job(self, current_A: float | None = None, *, report: bool = False) -> Job:
        """Deck under a current (default: the design's); 0 for an idle neuron. `report`: plain ngspice prints energy."""
        v_dd = self.conditions.v_dd
        if not 0.6 <= v_dd <= 1.2:
            raise InputError("supply outside the card's range", where="v_dd", found=v_dd, allowed="0.6 … 1.2 V")
        current = self.design.current_A if current_A is None else current_A
        stop, step = IDLE_s, 1e-9
        if current:
            first = (self.design.membrane_F + self.design.feedback_F) * v_dd / current
            stop, step = first + SPIKES / self.compact.rate(current), 0.005 / self.compact.rate(current)
        circuit = Circuit(self.name)
        circuit.subcircuit(AxonHillock(self.design))
        circuit.V("dd", "vdd", 0, v_dd)
        circuit.I("input", "vdd", "membrane", current)
        circuit.M("mirror", "bias", "bias", 0, 0, model=NMOS, w=WIDE, l=LONG)
        circuit.I("reset", 0, "bias", self.design.reset_A)
        circuit.X("neuron", self.name, "membrane", "output", "bias", "vdd", 0)
        circuit.C("load", "output", 0, self.conditions.output_load_F)
        # 1 V on this node is 1 fJ drawn from the supply, for plain ngspice to print.
        circuit.B("meter", 0, "drawn_fj", current_expression="-V(vdd)*I(Vdd)")
        circuit.C("meter", "drawn_fj", 0, 1e-15)
        circuit.R("meter", "drawn_fj", 0, 1e18)
        circuit.raw_spice += ".ic V(membrane)=0 V(drawn_fj)=0\n"
        measures = _measures(v_dd / 2) if report else ()
        deck = transient_deck(circuit, self.conditions, Analysis(stop, step, measures))
        label = f"{current:g} A, {self.conditions.label()}"
        return Job(self.name, label, deck, ("membrane", "output", "i(vdd)", *METERS.values()))

    def response(self, run: Result, current_A: float) -> Response:
        """Spikes of a run of `job` and what they cost."""
        assert isinstance(run, Transient)
        v_dd = self.conditions.v_dd
        rise = run.crossings("output", v_dd / 2, up=True)
        fall = run.crossings("output", v_dd / 2, up=False)
        if rise.size < 2:
            return Response(rise)
        first, last, count = float(rise[0]), float(rise[-1]), rise.size - 1
        widths = fall[fall > first][:count] - rise[:-1]
        energy = {name: v_dd * run.integral(meter, first, last) / count for name, meter in METERS.items()}
        energy["input current"] = v_dd * current_A * (last - first) / count
        width = float(widths.mean())
        return Response(rise, (last - first) / count - width, width, energy)

    def netlist(self) -> str:
        return self.job(report=True).deck

    def jobs(self) -> list[Job]:
        return [self.job(), self.job(0.0)]

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        run, idle = results
        assert isinstance(run, Transient)
        assert isinstance(idle, Transient)
        v_dd = self.conditions.v_dd
        response = self.response(run, self.design.current_A)
        energy, details, period, warnings = response.energy_J, {}, float(run.time[-1]), ()
        if energy is None or response.rest_s is None or response.width_s is None:
            energy = {"supply": -v_dd * run.integral("i(vdd)")}
            warnings = ("no two spikes: the input never reaches the threshold; an operation is the whole run",)
        else:
            period = response.rest_s + response.width_s
            details = {"rest_s": response.rest_s, "spike_width_s": response.width_s}
        capacitance = self.design.membrane_F + self.design.feedback_F
        return Measurement(
            circuit=self.name,
            simulator=run.simulator,
            conditions={**self.conditions.record(), **vars(self.design)},
            components=tuple(Component(name, joule) for name, joule in energy.items()),
            neuron=AxonHillock(self.design),
            spikes_per_operation=None if warnings else 1.0,
            latency_s=float(response.spikes_s[0]) if response.spikes_s.size else None,
            period_s=period,
            idle_power_W=-v_dd * idle.integral("i(vdd)", IDLE_s / 2, IDLE_s) / (IDLE_s / 2),
            overlay_um2={"capacitors": capacitance / DENSITY.value * 1e12},
            details=details,
            estimate_J=self.design.estimate_J(v_dd),
            warnings=warnings,
        )

    def responses(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[Response]:
        """Response to each of `CURRENTS_A`."""
        runs = simulate_all([self.job(current) for current in CURRENTS_A], n_jobs=n_jobs, progress=progress)
        return [self.response(run, current) for run, current in zip(runs, CURRENTS_A, strict=True)]

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> list[CurveCheck]:
        """Rate, over that without dead time, and width of the spikes against the input current."""
        currents, compact = np.array(CURRENTS_A), self.compact
        responses = self.responses(n_jobs=n_jobs, progress=progress)
        periods = np.array([_sum(r.rest_s, r.width_s) for r in responses])
        widths = np.array([_sum(r.width_s) for r in responses])
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


def _sum(*parts: float | None) -> float:
    """NaN, which no tolerance passes, where a part was not obtained."""
    return float("nan") if None in parts else float(sum(p for p in parts if p is not None))


def _measures(half: float) -> tuple[str, ...]:
    return (
        f".meas tran first_fj find v(drawn_fj) when v(output)={half!r} rise=1",
        f".meas tran second_fj find v(drawn_fj) when v(output)={half!r} rise=2",
        ".meas tran energy_per_operation_j param='(second_fj-first_fj)*1e-15'",
    )


TESTBENCH = AxonHillockTestbench()
