"""The MTJ neurons as testbenches: configure, measure, write as a deck, check against the compact model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Conditions
from circuits.testbench import CurveCheck, Measurement
from circuits.thermal_mtj import comparator_bench as bench
from circuits.thermal_mtj.check import check_neuron
from circuits.thermal_mtj.cycle import CycleResult, cycle_job, evaluate_cycle, tag
from circuits.thermal_mtj.neuron import Half, MtjNeuron, States, comparator, differential
from ipcircuit.declaration.variation import Variation
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Progress, simulate_all
from ipcircuit.spice.transient import Sweep, Transient

_SETTABLE = ("amplitude", "v_read", "v_dd", "output_load_F")
# Active pillars from the seed (200 and 100 nm); a reference junction has the area of its resistance at equal RA.
_DIAMETERS = {"": 200e-9, "_temporal": 200e-9, "_reference": 100e-9}


@dataclass(frozen=True)
class TruthRow:
    """One combination of junction states: output levels against logic, and the smallest distance to the threshold."""

    states: States
    expected: tuple[bool, ...]
    outputs_V: tuple[float, ...]
    dividers_V: tuple[float, ...]
    noise_margin_V: float
    correct: bool


@dataclass(frozen=True)
class OperationResult:
    """One operation, the comparator's threshold (V) and the idle power (W)."""

    cycle: CycleResult
    threshold_V: float
    idle_power_W: float

    def truth_table(self) -> list[TruthRow]:
        """All state combinations, as the comparators decide them in the read window of the simulated operation."""
        neuron, v_dd = self.cycle.neuron, self.cycle.conditions.v_dd
        rows = []
        for states in neuron.outcomes():
            expected, outputs, levels = neuron.logic(states), self.cycle.outputs[states], self.cycle.levels[states]
            signed = [(v - self.threshold_V) * (1 if s else -1) for v, s in zip(levels, states, strict=True)]
            # A logic level is within a tenth of the supply of its rail: an output in between is not a decision.
            good = all((v > 0.9 * v_dd) if e else (v < 0.1 * v_dd) for v, e in zip(outputs, expected, strict=True))
            rows.append(TruthRow(states, expected, outputs, levels, min(signed), good))
        return rows


@dataclass(frozen=True)
class ThermalMtjTestbench:
    """An MTJ neuron under given conditions; see `circuits.testbench.Testbench`."""

    neuron: MtjNeuron
    conditions: Conditions = field(default_factory=Conditions)

    @property
    def name(self) -> str:
        return self.neuron.name

    @property
    def summary(self) -> str:
        return self.neuron.summary

    def configured(
        self, *, models: Path | None = None, corner: str = "tt", temperature_C: float = 27.0, **overrides: float
    ) -> ThermalMtjTestbench:
        """Other conditions (amplitude, v_read, v_dd, output_load_F) or parameters of the heat-sensitive junction."""
        known = {f.name for f in fields(Conditions)} & set(_SETTABLE)
        parameters = self.neuron.halves[0].device.values()
        for name in overrides:
            if name not in known and name not in parameters:
                raise InputError(
                    f"circuit {self.name} has no parameter of this name",
                    where="--set",
                    found=name,
                    allowed=", ".join([*_SETTABLE, *parameters]),
                )
        changes: dict[str, Any] = {k: v for k, v in overrides.items() if k in known}
        device = {k: v for k, v in overrides.items() if k not in known}
        conditions = replace(self.conditions, models=models, corner=corner, temperature_C=temperature_C, **changes)
        return replace(self, neuron=self.neuron.with_device(**device) if device else self.neuron, conditions=conditions)

    def sampled(self, sample: Sample) -> ThermalMtjTestbench:
        """See `circuits.testbench.SampledTestbench`."""
        return replace(self, neuron=self.neuron.sampled(sample), conditions=replace(self.conditions, sample=sample))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        """See `circuits.testbench.SampledTestbench`."""
        return {device.name: device.variations for device in (mtj_thermal.declare(), mtj_reference.declare())}

    def operation(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> OperationResult:
        """Simulate one operation, the threshold of a comparator as designed, and the idle neuron.

        A random copy is judged by what its own comparators decide in the operation, not by that threshold.

        Raises:
            InputError: the comparator's threshold lies outside the divider's read levels.
        """
        neuron, conditions = self.neuron, self.conditions
        jobs = [
            cycle_job(neuron, conditions),
            bench.threshold_job(replace(conditions, sample=None)),
            bench.idle_job(neuron, conditions),
        ]
        cycle, sweep, idle = simulate_all(jobs, n_jobs=n_jobs, progress=progress)
        assert isinstance(cycle, Transient)
        assert isinstance(sweep, Sweep)
        assert isinstance(idle, Transient)
        level = bench.threshold(conditions, sweep)
        for half in neuron.halves if conditions.sample is None else ():
            half.divider.check_window(level, conditions.v_read, where=f"{neuron.name}, {half.label} divider")
        return OperationResult(
            evaluate_cycle(neuron, conditions, cycle), level, bench.idle_power(neuron, conditions, idle)
        )

    def measure(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Measurement:
        """See `Testbench.measure`."""
        return self.measurement(self.operation(n_jobs=n_jobs, progress=progress))

    def measurement(self, operation: OperationResult) -> Measurement:
        """The measurement record of an operation that was simulated already."""
        cycle, neuron = operation.cycle, self.neuron
        spikes = neuron.spikes_per_operation(cycle.probabilities)
        halves = {half.label: half for half in neuron.halves}
        details = {f"firing_probability_{label}": p for label, p in zip(halves, cycle.probabilities, strict=True)}
        details |= {
            "threshold_V": operation.threshold_V,
            **{f"noise_margin_{tag(row.states)}_V": row.noise_margin_V for row in operation.truth_table()},
            "energy_balance_error": cycle.input_energy_J / cycle.front_end_energy_J - 1,
            "spikes_per_operation": spikes,
        }
        return Measurement(
            circuit=neuron.name,
            simulator=cycle.run.simulator,
            conditions=_condition_record(self.conditions, details),
            energy_J=cycle.energy_J,
            paper_components=tuple(name for name in cycle.energy_J if name.startswith("mtj")),
            spikes_per_operation=spikes or None,
            latency_s=cycle.latency_s,
            neuron_netlist=_bare_netlist(neuron, self.conditions),
            device_subcircuits={"mtj_thermal_sampled": "mtj_thermal", "mtj_reference_fixed": "mtj_reference"},
            device_diameters_m=tuple(d for half in neuron.halves for d in _diameters(half)),
            idle_power_W=operation.idle_power_W,
            input_charge_C=cycle.input_charge_C,
            input_energy_J=cycle.input_energy_J,
            peak_current_A=cycle.peak_current_A,
            peak_voltage_V=cycle.peak_voltage_V,
            period_s=neuron.cycle.period,
            details=details,
            warnings=_warnings(operation),
        )

    def netlist(self) -> str:
        """One operation as a deck; its ``.meas`` lines print the expected energy per operation."""
        return cycle_job(self.neuron, self.conditions).deck

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """See `Testbench.check`."""
        return check_neuron(self.neuron, self.conditions, n_jobs=n_jobs, progress=progress)


def _warnings(operation: OperationResult) -> tuple[str, ...]:
    table = operation.truth_table()
    wrong = [tag(row.states) for row in table if not row.correct]
    if not wrong:
        return ()
    share = f"{len(wrong)} of {len(table)} states of the junctions were decided wrongly ({', '.join(wrong)})"
    return (f"{share}: the energy is not that of the neuron's work",)


def _bare_netlist(neuron: MtjNeuron, conditions: Conditions) -> str:
    """One instance of the neuron without sources or loads: what transistors and devices are counted from."""
    circuit, subcircuit = (
        Circuit(f"{neuron.name}, bare"),
        neuron.build("sampled", (False,) * len(neuron.halves), conditions),
    )
    circuit.subcircuit(subcircuit)
    circuit.X("neuron", subcircuit.name, *subcircuit.external_nodes)
    return str(circuit)


def _diameters(half: Half) -> tuple[float, float]:
    """Pillar diameters (m) of a half: active, and reference at equal resistance-area product."""
    active, gain = _DIAMETERS[half.suffix], half.divider.gain_parallel
    return active, active * (gain / (1 - gain)) ** 0.5


def _condition_record(conditions: Conditions, details: Mapping[str, float]) -> dict[str, float | str]:
    record: dict[str, float | str] = {
        "amplitude_V": conditions.amplitude,
        "v_read_V": conditions.v_read,
        "v_dd_V": conditions.v_dd,
        "corner": conditions.corner,
        "temperature_C": conditions.temperature_C,
        "models": str(conditions.models) if conditions.models else "cmos28lp (own card)",
        "output_load_F": conditions.output_load_F,
        "reference": conditions.reference,
    }
    return {**record, **details}


def comparator_testbench() -> ThermalMtjTestbench:
    """Registry target of ``comparator``."""
    return ThermalMtjTestbench(comparator())


def differential_testbench() -> ThermalMtjTestbench:
    """Registry target of ``differential``."""
    return ThermalMtjTestbench(differential())
