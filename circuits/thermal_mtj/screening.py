"""Screening fidelity of the MTJ neurons: energies of the dividers alone, decisions from a dc read.

Left out: what transistors draw while lines are charged, the delay to the outputs, and how a copy's leakage differs from
the design's. Errors, and what it costs: docs/variation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circuits.events import Event
from circuits.measurement import Component, Kind, Measured, Measurement
from circuits.thermal_mtj.cycle import drive
from circuits.thermal_mtj.front_end import FrontEnd, front_ends
from circuits.thermal_mtj.half import Made
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.read import Read, ReadDeck
from circuits.thermal_mtj.trim import trims_of
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.sampling import RecordingSample, Sample
from ipcircuit.sampling.plain import drawn_together
from ipcircuit.spice import cache
from ipcircuit.spice.jobs import Job, Result
from ipcircuit.spice.transient import Sweep
from ipcircuit.units import NOMINAL_C


class Screening:
    """Screening of copies of one neuron.

    Args:
        neuron: the design, or one copy.
        idle_power_W: of the design.
    """

    def __init__(self, neuron: MtjNeuron, conditions: ThermalMtjConditions, idle_power_W: float) -> None:
        neuron.check_conditions(conditions)
        self.neuron = neuron
        self.conditions = replace(conditions, sample=None)
        self._deck = ReadDeck(neuron, conditions)
        self._idle_power_W = idle_power_W
        self._circuit = neuron.build("sampled", (False,) * len(neuron.halves), conditions)
        self._diameters_m = tuple(d for half in neuron.halves for d in half.diameters_m)
        self._record = {**self.conditions.record(), **neuron.sizes.changed()}

    @property
    def front_end(self) -> FrontEnd:
        """Dividers of the neuron itself over one operation."""
        return self._front_ends([tuple(half.made for half in self.neuron.halves)])[0]

    def job(self, sample: Sample | None) -> Job:
        """The read of the neuron itself, with the mismatch of a copy."""
        return self._deck.job(self.front_end.levels_V, sample, self.neuron.codes)

    def copies(self, samples: Sequence[Sample]) -> list[Measured]:
        """Measurement of each random copy, or why there is none."""
        results: dict[int, Measured] = {}
        made: dict[int, tuple[Made, ...]] = {}
        drawn = drawn_together([self.conditions.drawn(sample) for sample in samples], self._names())
        for index, sample in enumerate(drawn):
            try:
                made[index] = tuple(half.drawn(sample) for half in self.neuron.halves)
            except InputError as refused:  # a draw out of the range in which a device's model holds
                results[index] = refused
        trims: dict[int, tuple[int, ...]] = {}
        with cache.bypassed():
            if self.neuron.trims:
                for index, found in self._trims(drawn, [*made]).items():
                    if isinstance(found, SimulationError):
                        results[index] = found
                        del made[index]
                    else:
                        trims[index] = found
            fronts = self._front_ends([*made.values()])
            levels = [front.levels_V for front in fronts]
            runs = self._deck.run(levels, [drawn[index] for index in made], [*trims.values()])
        for index, front, run in zip(made, fronts, runs, strict=True):
            results[index] = self._judged(front, run)
        return [results[index] for index in range(len(samples))]

    def _trims(self, drawn: Sequence[Sample], indices: Sequence[int]) -> dict[int, tuple[int, ...] | SimulationError]:
        """Codes of copies by their index in `drawn`."""
        samples = [drawn[index] for index in indices]
        cold = [half.at_ambient(NOMINAL_C) for half in self.neuron.halves]
        made = [tuple(half.drawn(sample) for half in cold) for sample in samples]
        return dict(zip(indices, trims_of(self.neuron, made, samples, self.conditions), strict=True))

    def _names(self) -> list[str]:
        """Names of the deviates that a copy asks for."""
        sample = RecordingSample(0, 0)
        for half in self.neuron.halves:
            half.drawn(sample)
        self._deck.job([(0.0, 0.0)] * len(self.neuron.halves), sample)
        return [*sample.asked]

    def _front_ends(self, copies: Sequence[tuple[Made, ...]]) -> list[FrontEnd]:
        moment = sum(self.neuron.cycle.read_window) / 2
        return front_ends(self.neuron.halves[0].device, copies, drive(self.neuron, self.conditions), moment)

    def _judged(self, front: FrontEnd, run: Result) -> Measured:
        if not run.ok:
            return SimulationError(run.circuit, run.condition, str(run.cause), run.deck_path, run.failure)
        assert isinstance(run, Sweep)
        try:
            return self.measurement(front, run)
        except InputError as refused:
            return refused

    def measurement(self, front: FrontEnd, run: Sweep) -> Measurement:
        """Measurement of a copy from its dividers and the run of its read.

        Raises:
            InputError: its junctions see more voltage than their model holds for.
        """
        neuron = self.neuron
        for half, volts in zip(neuron.halves, front.antiparallel_V, strict=True):
            half.device.check_voltage(volts, where=f"{neuron.name}: amplitude")
        read = self._deck.read(run)
        spikes = neuron.spikes_per_operation(front.probabilities)
        details = {f"firing_probability_{h.label}": p for h, p in zip(neuron.halves, front.probabilities, strict=True)}
        return Measurement(
            circuit=neuron.name,
            simulator=run.simulator,
            conditions=self._record,
            components=self._components(front, read),
            neuron=self._circuit,
            spikes_per_operation=spikes or None,
            latency_s=None,
            period_s=neuron.cycle.period,
            events_per_operation={Event.INPUT: 1.0},
            idle_power_W=self._idle_power_W,
            pulse_input=front.pulse_input,
            device_diameters_m=self._diameters_m,
            details=details,
            warnings=read.warnings(self.conditions.v_dd),
            margin_V=read.margin_V,
            technology=self.conditions.technology,
        )

    def _components(self, front: FrontEnd, read: Read) -> tuple[Component, ...]:
        neuron = self.neuron
        components: list[Component] = []
        for half, heat, reference in zip(neuron.halves, front.heat_J, front.reference_J, strict=True):
            label = f" {half.label}" if half.suffix else ""
            components.append(Component(f"mtj{label}", heat, Kind.DEVICE, True, Event.INPUT))
            components.append(Component(f"divider{label}", reference, Kind.DIVIDER, paid_per=Event.INPUT))
        cycle, v_dd = neuron.cycle, self.conditions.v_dd
        seconds = cycle.delay - 3 * cycle.read_edge  # of a read pulse at half its height
        weights = {states: neuron.weight(states, front.probabilities) for states in neuron.outcomes()}
        for name in neuron.supplies:
            current = sum(weight * read.currents_A[states][name] for states, weight in weights.items())
            components.append(Component(name, v_dd * current * seconds, paid_per=Event.INPUT))
        return tuple(components)
