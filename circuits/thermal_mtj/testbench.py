"""The MTJ neurons as testbenches: configure, measure, write as a deck, check against the compact model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from PySpice.Spice.Netlist import Circuit

from circuits.cells.layout import shared
from circuits.cells.static import ThresholdComparator
from circuits.conditions import Analysis, dc_deck, transient_deck
from circuits.parts import Part
from circuits.testbench import CurveCheck, Measurement, Settings, Testbench, numeric_fields
from circuits.thermal_mtj.check import check_neuron
from circuits.thermal_mtj.cycle import CycleResult, add_replica, cycle_job, evaluate_cycle, tag
from circuits.thermal_mtj.neuron import (
    SET_BY_CIRCUIT,
    MtjNeuron,
    States,
    ThermalMtjConditions,
    comparator,
    differential,
)
from circuits.thermal_mtj.sizes import MtjSizes
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.pulses import Idle, waveform
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.spice.transient import Sweep, Transient
from ipcircuit.technology.record import Technology

IDLE = 20e-9  # s; the operating point at its start is already the idle state


def threshold_job(conditions: ThermalMtjConditions, sizes: MtjSizes | None = None) -> Job:
    """Sweep the comparator's input from 0 to V_DD."""
    circuit = Circuit("comparator threshold")
    circuit.subcircuit(shared(ThresholdComparator, *(sizes or MtjSizes()).comparator))
    circuit.V("dd", "vdd", 0, conditions.v_dd)
    circuit.V("sweep", "divider", 0, 0)
    circuit.X("comparator", "threshold_comparator", "divider", "out", "vdd", 0)
    deck = dc_deck(circuit, conditions, "Vsweep", 0.0, conditions.v_dd, 1e-3)
    return Job("comparator", f"threshold, {conditions.label()}", deck, ("out",))


def threshold(conditions: ThermalMtjConditions, run: Sweep) -> float:
    """Input voltage (V) at which the output crosses V_DD/2.

    Raises:
        InputError: it never does: transistors that cannot work under these conditions.
    """
    crossings = run.crossings("out", conditions.v_dd / 2, up=True)
    if not crossings.size:
        raise InputError("the comparator's output never crosses half the supply", where=conditions.label())
    return float(crossings[0])


def idle_job(neuron: MtjNeuron, conditions: ThermalMtjConditions) -> Job:
    """The neuron with its input at 0 V."""
    circuit = Circuit(f"{neuron.name}: idle")
    rest = tuple(False for _ in neuron.halves)
    add_replica(circuit, neuron, "sampled", rest, conditions, waveform([Idle(IDLE)]), tag(rest))
    deck = transient_deck(circuit, conditions, Analysis(IDLE))
    return Job(neuron.name, f"idle, {conditions.label()}", deck, (f"i(vdd_{tag(rest)})",))


def idle_power(neuron: MtjNeuron, conditions: ThermalMtjConditions, run: Transient) -> float:
    """Mean supply power (W) over the idle run."""
    rest = tuple(False for _ in neuron.halves)
    return -conditions.v_dd * run.integral(f"i(vdd_{tag(rest)})") / IDLE


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
class ThermalMtjTestbench(Testbench):
    """An MTJ neuron under given conditions.

    A random copy is judged by what its own comparators decide in the operation, not by the threshold of a comparator
    as designed.
    """

    neuron: MtjNeuron
    conditions: ThermalMtjConditions = field(default_factory=ThermalMtjConditions, kw_only=True)

    @property
    def name(self) -> str:
        return self.neuron.name

    @property
    def summary(self) -> str:
        return self.neuron.summary

    def in_technology(self, technology: Technology) -> ThermalMtjTestbench:
        """The divider's read voltage follows the supply, with which the comparator's threshold moves."""
        moved = super().in_technology(technology)
        v_read = self.conditions.supply_in(technology, self.conditions.v_read)
        return replace(moved, conditions=replace(moved.conditions, v_read=v_read))

    @property
    def settings(self) -> tuple[Settings, ...]:
        """Levels of the operation, sizes, and parameters of the heat-sensitive junction."""
        parameters = tuple(self.neuron.halves[0].device.values())
        return (
            Settings.of("conditions", "amplitude", "v_read", "v_dd", "output_load_F"),
            Settings(
                numeric_fields(self.neuron.sizes),
                lambda bench, values: replace(bench, neuron=bench.neuron.with_sizes(**values)),
                lambda bench: asdict(bench.neuron.sizes),
            ),
            Settings(parameters, lambda bench, values: replace(bench, neuron=bench.neuron.with_device(**values))),
        )

    @property
    def parts(self) -> tuple[Part, ...]:
        """The heat-sensitive junction; the testbench sets where it starts and what is in series with it."""
        device = self.neuron.halves[0].device
        put = lambda bench, other: replace(bench, neuron=bench.neuron.with_junction(other))  # noqa: E731
        return (Part(device, put, SET_BY_CIRCUIT),)

    def sampled(self, sample: Sample) -> ThermalMtjTestbench:
        return replace(self, neuron=self.neuron.sampled(sample), conditions=replace(self.conditions, sample=sample))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        return {device.name: device.variations for device in (mtj_thermal.declare(), mtj_reference.declare())}

    def jobs(self) -> list[Job]:
        """One operation, the threshold of a comparator as designed, and the idle neuron."""
        return [
            cycle_job(self.neuron, self.conditions),
            threshold_job(replace(self.conditions, sample=None), self.neuron.sizes),
            idle_job(self.neuron, self.conditions),
        ]

    def operation(self, *, n_jobs: int | None = None) -> OperationResult:
        """Simulate one operation, the threshold and the idle neuron.

        Raises:
            InputError: the comparator's threshold lies outside the divider's read levels.
        """
        return self._operation(simulate_all(self.jobs(), n_jobs=n_jobs))

    def _operation(self, results: Sequence[Result]) -> OperationResult:
        neuron, conditions = self.neuron, self.conditions
        cycle, sweep, idle = results
        assert isinstance(cycle, Transient)
        assert isinstance(sweep, Sweep)
        assert isinstance(idle, Transient)
        level = threshold(conditions, sweep)
        for half in neuron.halves if conditions.sample is None else ():
            half.divider.check_window(level, conditions.v_read, where=f"{neuron.name}, {half.label} divider")
        return OperationResult(evaluate_cycle(neuron, conditions, cycle), level, idle_power(neuron, conditions, idle))

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        operation, neuron = self._operation(results), self.neuron
        cycle = operation.cycle
        spikes = neuron.spikes_per_operation(cycle.probabilities)
        details = {
            f"firing_probability_{half.label}": p for half, p in zip(neuron.halves, cycle.probabilities, strict=True)
        }
        details |= {
            "threshold_V": operation.threshold_V,
            **{f"noise_margin_{tag(row.states)}_V": row.noise_margin_V for row in operation.truth_table()},
            "energy_balance_error": cycle.pulse_input.energy_J / cycle.front_end_energy_J - 1,
            "spikes_per_operation": spikes,
        }
        return Measurement(
            circuit=neuron.name,
            simulator=cycle.run.simulator,
            conditions={**self.conditions.record(), **neuron.sizes.changed()},
            components=cycle.components,
            neuron=neuron.build("sampled", (False,) * len(neuron.halves), self.conditions),
            spikes_per_operation=spikes or None,
            latency_s=cycle.latency_s,
            period_s=neuron.cycle.period,
            idle_power_W=operation.idle_power_W,
            pulse_input=cycle.pulse_input,
            device_diameters_m=tuple(d for half in neuron.halves for d in half.diameters_m),
            details=details,
            warnings=_warnings(operation),
        )

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        return check_neuron(self.neuron, self.conditions, n_jobs=n_jobs, progress=progress)


def _warnings(operation: OperationResult) -> tuple[str, ...]:
    table = operation.truth_table()
    wrong = [tag(row.states) for row in table if not row.correct]
    if not wrong:
        return ()
    share = f"{len(wrong)} of {len(table)} states of the junctions were decided wrongly ({', '.join(wrong)})"
    return (f"{share}: the energy is not that of the neuron's work",)


def comparator_testbench() -> ThermalMtjTestbench:
    """Registry target of ``comparator``."""
    return ThermalMtjTestbench(comparator())


def differential_testbench() -> ThermalMtjTestbench:
    """Registry target of ``differential``."""
    return ThermalMtjTestbench(differential())
