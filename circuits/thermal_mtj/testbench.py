"""The MTJ neurons as testbenches: configure, measure, write as a deck, check against the compact model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache

from PySpice.Spice.Netlist import Circuit

from circuits.conditions import Analysis, Fidelity, transient_deck
from circuits.events import Event
from circuits.measurement import CurveCheck, Measured, Measurement
from circuits.memory import Trace
from circuits.parts import Part
from circuits.testbench import Settings, Testbench, numeric_fields
from circuits.thermal_mtj.check import check_neuron, compact_of
from circuits.thermal_mtj.cycle import CycleResult, add_replica, cycle_job, evaluate_cycle
from circuits.thermal_mtj.half import MadeCopies
from circuits.thermal_mtj.neuron import SET_BY_CIRCUIT, MtjNeuron, ThermalMtjConditions, comparator, differential
from circuits.thermal_mtj.reading.decision import TruthRow, tag, truth_table, wrong_decisions
from circuits.thermal_mtj.screening import NO_STROBE, Screening
from circuits.thermal_mtj.sense.comparators import (
    Thresholds,
    margin,
    own_thresholds,
    own_thresholds_job,
    threshold,
    threshold_job,
    thresholds,
)
from circuits.thermal_mtj.sense.latch import Strobe, latch_job, latch_thresholds
from circuits.thermal_mtj.sense.sizes import WORDS
from circuits.thermal_mtj.sense.trim import trims_of
from ipcircuit.compact.thermal_mtj.neuron import pulse_heat
from ipcircuit.devices.thermal_mtj import device as mtj_thermal
from ipcircuit.devices.thermal_mtj import reference as mtj_reference
from ipcircuit.errors import SimulationError
from ipcircuit.parameters import Variation
from ipcircuit.pulses import Idle, waveform
from ipcircuit.sampling import Sample
from ipcircuit.sampling.columns import SampleColumns
from ipcircuit.spice.jobs import Job, Progress, Result, simulate, simulate_all
from ipcircuit.spice.transient import Sweep, Transient
from ipcircuit.technology.record import Technology
from ipcircuit.units import NOMINAL_C

IDLE = 20e-9  # s; the operating point at its start is already the idle state


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
class OperationResult:
    """One operation, the comparator's threshold (V), the idle power (W) and the thresholds of each half's own one."""

    cycle: CycleResult
    threshold_V: float
    idle_power_W: float
    own: tuple[Thresholds, ...]

    def truth_table(self) -> list[TruthRow]:
        """All state combinations, as the comparators decide them in the read window of the simulated operation."""
        cycle = self.cycle
        return truth_table(cycle.neuron, cycle.conditions.v_dd, cycle.outputs, cycle.levels, self.threshold_V)

    @property
    def margin_V(self) -> float:
        """Smallest distance of a divider's level from where its comparator decides wrongly."""
        return min(margin(levels, states, self.own) for states, levels in self.cycle.levels.items())


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
                (*numeric_fields(self.neuron.sizes), *WORDS),
                lambda bench, values: replace(bench, neuron=bench.neuron.with_sizes(**values)),
                lambda bench: asdict(bench.neuron.sizes),
                WORDS,
            ),
            Settings(parameters, lambda bench, values: replace(bench, neuron=bench.neuron.with_device(**values))),
        )

    @property
    def published(self) -> Mapping[str, float]:
        return self.neuron.published

    @property
    def parts(self) -> tuple[Part, ...]:
        """The heat-sensitive junction; the testbench sets where it starts and what is in series with it."""
        device = self.neuron.halves[0].device
        put = lambda bench, other: replace(bench, neuron=bench.neuron.with_junction(other))  # noqa: E731
        return (Part(device, put, SET_BY_CIRCUIT),)

    def at_ambient(self, temperature_C: float) -> ThermalMtjTestbench:
        """All junctions at an ambient temperature; what was designed for 27 °C stays."""
        return replace(self, neuron=self.neuron.at_ambient(temperature_C, self.conditions.reference))

    def sampled(self, sample: Sample) -> ThermalMtjTestbench:
        sample = self.conditions.drawn(sample)
        return replace(self, neuron=self.neuron.sampled(sample), conditions=replace(self.conditions, sample=sample))

    @property
    def variations(self) -> dict[str, tuple[Variation, ...]]:
        return {device.name: device.variations for device in (mtj_thermal.declare(), mtj_reference.declare())}

    def jobs(self) -> list[Job]:
        """One operation, the threshold of a comparator as designed, the idle neuron; of a copy also its thresholds.

        At screening fidelity: a dc read (of latches: a strobe as designed), and the idle neuron as designed.
        """
        neuron, conditions, sample = self._trimmed(), self.conditions, self.conditions.sample
        designed = replace(conditions, sample=None)
        if conditions.fidelity is Fidelity.SCREENING:
            return [_screening(neuron, conditions, 0.0).job(sample), idle_job(neuron.design, designed)]
        jobs = [
            cycle_job(neuron, conditions),
            latch_job(neuron.design, designed) if neuron.sizes.clocked else threshold_job(designed, neuron.sizes),
            idle_job(neuron, conditions),
        ]
        if sample is None:
            return jobs
        own = latch_job if neuron.sizes.clocked else own_thresholds_job
        return [*jobs, own(neuron, conditions)]

    def _trimmed(self) -> MtjNeuron:
        """The neuron; a copy of one with trim gets its codes, from a dc read of all of them at 27 °C."""
        neuron, sample = self.neuron, self.conditions.sample
        if sample is None or not neuron.trims:
            return neuron
        halves = [MadeCopies.of([half.at_ambient(NOMINAL_C).made]) for half in neuron.halves]
        found, failed = trims_of(neuron, halves, SampleColumns([sample]), self.conditions)
        for error in failed.values():
            raise error
        return replace(neuron, trim=found[0])

    def measure_copies(self, samples: Sequence[Sample]) -> Sequence[Measured] | None:
        """Measurements of random copies, at screening fidelity together: the deck is built once; None at reference."""
        if self.conditions.fidelity is not Fidelity.SCREENING:
            return None
        design = self.neuron.design
        try:
            idle = simulate(idle_job(design, self.conditions))
            strobe = simulate(latch_job(design, self.conditions)) if design.sizes.clocked else None
        except SimulationError as error:
            return [error] * len(samples)
        return self._screening(idle, strobe).copies(samples)

    def _screening(self, idle: Result, strobe: Result | None) -> Screening:
        assert isinstance(idle, Transient)
        power = idle_power(self.neuron.design, self.conditions, idle)
        if not isinstance(strobe, Transient):
            return _screening(self.neuron, self.conditions, power)
        return _screening(self.neuron, self.conditions, power, Strobe.of(self.conditions, strobe))

    def operation(self, *, n_jobs: int | None = None) -> OperationResult:
        """Simulate one operation, the threshold and the idle neuron.

        Raises:
            InputError: the comparator's threshold lies outside the divider's read levels.
        """
        return self._operation(simulate_all(self.jobs(), n_jobs=n_jobs))

    def _operation(self, results: Sequence[Result]) -> OperationResult:
        neuron, conditions = self.neuron, self.conditions
        cycle, found, idle, *others = results
        assert isinstance(cycle, Transient)
        assert isinstance(idle, Transient)
        level, own = self._thresholds(found)
        for comparators in others:
            if isinstance(comparators, Sweep):
                own = own_thresholds(neuron, conditions, comparators)
            else:
                own = latch_thresholds(neuron, conditions, comparators)
        for half in neuron.halves if conditions.sample is None else ():
            half.divider.check_window(level, conditions.v_read, where=f"{neuron.name}, {half.label} divider")
        operation = evaluate_cycle(neuron, conditions, cycle)
        return OperationResult(operation, level, idle_power(neuron, conditions, idle), own)

    def _thresholds(self, found: Result) -> tuple[float, tuple[Thresholds, ...]]:
        """Threshold (V) of a comparator as designed, and those of each half's."""
        conditions, count = replace(self.conditions, sample=None), len(self.neuron.halves)
        if isinstance(found, Sweep):
            return threshold(conditions, found), (thresholds(conditions, found, "out"),) * count
        own = latch_thresholds(self.neuron.design, conditions, found)
        return own[0][0], own

    def evaluate(self, results: Sequence[Result]) -> Measurement:
        if self.conditions.fidelity is Fidelity.SCREENING:
            read, idle = results
            screening = self._screening(idle, read)
            if isinstance(read, Sweep):
                return screening.measurement(screening.front_end, read)
            return screening.measurement_with_latches(screening.front_end, self.conditions.sample)
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
            events_per_operation={Event.INPUT: 1.0},
            idle_power_W=operation.idle_power_W,
            pulse_input=cycle.pulse_input,
            device_diameters_m=tuple(d for half in neuron.halves for d in half.diameters_m),
            overlay_um2=neuron.overlay_um2,
            details=details,
            warnings=wrong_decisions([(row.states, row.correct) for row in operation.truth_table()]),
            margin_V=operation.margin_V,
        )

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Heat of one set pulse in the first half's junction, as the shift of its firing midpoint.

        A read tells a probability of firing by one event: at the midpoint by 1/2, which is a shift of 2/k.
        """
        p = compact_of(self.neuron, self.neuron.halves[0], self.conditions)
        volts = self.conditions.amplitude
        heats = [float(pulse_heat(*terms, volts)) for terms in zip(p.alpha, p.beta, p.delta, strict=True)]
        poles = list(zip(heats, p.time_constants(), strict=True))

        def left(time_s: float) -> float:
            after = max(time_s, p.period) - p.period  # the next pulse comes a cycle later at the earliest
            return sum(heat * math.exp(-after / tau) for heat, tau in poles if tau > 0)

        return (Trace("heat of the junction, in its firing midpoint", "V", left, 2 / p.slope, "one random decision"),)

    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        return check_neuron(self.neuron, self.conditions, n_jobs=n_jobs, progress=progress)


@lru_cache(maxsize=4)  # PySpice builds the deck once, not for each chunk of copies
def _screening(
    neuron: MtjNeuron, conditions: ThermalMtjConditions, idle_power_W: float, strobe: Strobe = NO_STROBE
) -> Screening:
    return Screening(neuron, conditions, idle_power_W, strobe)


def comparator_testbench() -> ThermalMtjTestbench:
    """Registry target of ``comparator``."""
    return ThermalMtjTestbench(comparator())


def differential_testbench() -> ThermalMtjTestbench:
    """Registry target of ``differential``."""
    return ThermalMtjTestbench(differential())
