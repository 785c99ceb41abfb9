"""Screening fidelity of the MTJ neurons: energies of the dividers alone, decisions from a dc read.

Left out: what transistors draw while lines are charged, the delay to the outputs, and how a copy's leakage differs from
the design's. Errors, and what it costs: docs/variation.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from circuits.testbench import Component, Kind, Measured, Measurement
from circuits.thermal_mtj.cycle import drive
from circuits.thermal_mtj.front_end import FrontEnd, front_ends
from circuits.thermal_mtj.neuron import MtjNeuron, ThermalMtjConditions
from circuits.thermal_mtj.read import Read, ReadDeck
from circuits.thermal_mtj.trim import trimmed
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.sampling import Sample
from ipcircuit.spice import cache
from ipcircuit.spice.jobs import Job, Result, simulate_all
from ipcircuit.spice.transient import Sweep


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
        self.deck = ReadDeck(neuron, conditions)
        self._idle_power_W = idle_power_W
        self._circuit = neuron.build("sampled", (False,) * len(neuron.halves), conditions)

    def copies(self, samples: Sequence[Sample]) -> list[Measured]:
        """Measurement of each random copy, or why there is none."""
        results: dict[int, Measured] = {}
        neurons: dict[int, MtjNeuron] = {}
        for index, sample in enumerate(samples):
            try:
                neurons[index] = self.neuron.sampled(sample)
            except InputError as refused:  # a draw out of the range in which a device's model holds
                results[index] = refused
        if self.neuron.trims:
            with cache.bypassed():
                calibrated = trimmed(neurons, samples, self.conditions)
            results |= {i: error for i, error in calibrated.items() if isinstance(error, SimulationError)}
            neurons = {i: neuron for i, neuron in calibrated.items() if isinstance(neuron, MtjNeuron)}
        with cache.bypassed():
            runs = simulate_all((self.job(n, samples[i]) for i, n in neurons.items()), n_jobs=1, throw=False)
        for (index, neuron), front, run in zip(
            neurons.items(), self.front_ends([*neurons.values()]), runs, strict=True
        ):
            assert isinstance(run, Sweep)
            results[index] = self._judged(neuron, front, run)
        return [results[index] for index in range(len(samples))]

    def _judged(self, neuron: MtjNeuron, front: FrontEnd, run: Result) -> Measured:
        if not run.ok:
            return SimulationError(run.circuit, run.condition, str(run.cause), run.deck_path, run.failure)
        assert isinstance(run, Sweep)
        try:
            return self.measurement(neuron, front, run)
        except InputError as refused:
            return refused

    def front_ends(self, neurons: Sequence[MtjNeuron]) -> list[FrontEnd]:
        """Dividers of the copies over one operation."""
        if not neurons:
            return []
        moment = sum(self.neuron.cycle.read_window) / 2
        return front_ends(neurons, drive(self.neuron, self.conditions), moment)

    def job(self, neuron: MtjNeuron, sample: Sample | None) -> Job:
        """The read of a copy."""
        return self.deck.job(neuron, sample)

    def measurement(self, neuron: MtjNeuron, front: FrontEnd, run: Sweep) -> Measurement:
        """Measurement of a copy.

        Raises:
            InputError: its junctions see more voltage than their model holds for.
        """
        for half, volts in zip(neuron.halves, front.antiparallel_V, strict=True):
            half.device.check_voltage(volts, where=f"{neuron.name}: amplitude")
        read = self.deck.read(neuron, run)
        spikes = neuron.spikes_per_operation(front.probabilities)
        details = {f"firing_probability_{h.label}": p for h, p in zip(neuron.halves, front.probabilities, strict=True)}
        return Measurement(
            circuit=neuron.name,
            simulator=run.simulator,
            conditions={**self.conditions.record(), **neuron.sizes.changed()},
            components=self._components(neuron, front, read),
            neuron=self._circuit,
            spikes_per_operation=spikes or None,
            latency_s=None,
            period_s=neuron.cycle.period,
            idle_power_W=self._idle_power_W,
            pulse_input=front.pulse_input,
            device_diameters_m=tuple(d for half in self.neuron.halves for d in half.diameters_m),
            details=details,
            warnings=read.warnings(self.conditions.v_dd),
            margin_V=read.margin_V,
            technology=self.conditions.technology,
        )

    def _components(self, neuron: MtjNeuron, front: FrontEnd, read: Read) -> tuple[Component, ...]:
        components: list[Component] = []
        for half, heat, reference in zip(neuron.halves, front.heat_J, front.reference_J, strict=True):
            label = f" {half.label}" if half.suffix else ""
            components.append(Component(f"mtj{label}", heat, Kind.DEVICE, in_paper_scope=True))
            components.append(Component(f"divider{label}", reference, Kind.DIVIDER))
        cycle, v_dd = neuron.cycle, self.conditions.v_dd
        seconds = cycle.delay - 3 * cycle.read_edge  # of a read pulse at half its height
        weights = {states: neuron.weight(states, front.probabilities) for states in neuron.outcomes()}
        for name in neuron.supplies:
            current = sum(weight * read.currents_A[states][name] for states, weight in weights.items())
            components.append(Component(name, v_dd * current * seconds))
        return tuple(components)
