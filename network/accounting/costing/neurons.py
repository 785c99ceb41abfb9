"""Neurons of a network on circuits as a function of the circuits' parameters: events of its runs times their prices."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from energy.break_even.costs.circuit import CircuitEnergy, CircuitPoint, circuit_energy
from energy.break_even.costs.store import stored_frames
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.event_prices import EventCounts
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader
from ipcircuit.ranges import CENTRAL, Range
from network.accounting.costing.digital import work_cost
from network.accounting.counting.events import LayerEvents
from network.accounting.price_list import event_counts
from network.accounting.work import state_work

LEAST_SPREAD = 1e-6  # relative, of the seeds' energies: below it they do not differ
Layers = Sequence[LayerEvents]
Key = tuple[str, float | None]  # circuit, and amplitude of its pulses to 10 mV
Points = Mapping[Key, CircuitPoint]


@dataclass(frozen=True)
class NeuronRuns:
    """Layers of neurons of one network, of each of its runs.

    Attributes:
        system: the network in words.
        runs: layers by run.
        neurons: N of the runs, where N is a choice; None: it is none.
        frame_bits: inputs of a frame, and `frames` of a trial, for the store of a replay.
        scores: means over the runs, by name.
    """

    system: str
    runs: Sequence[Layers]
    neurons: int | None = None
    frame_bits: int = 0
    frames: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.runs or not all(self.runs):
            raise InputError("no layers of neurons were counted", where=self.system)

    def cost(self, scenario: Scenario, circuit: str | None = None, *, of_device: bool = False) -> Cost:
        """Mean energy of a trial over the runs, J.

        Each layer's circuit is simulated at the amplitude of its own pulses, where that is known. With a time between
        frames, the `system` scope also counts the store of frames, and neurons that wait powered.

        Args:
            circuit: of all layers; None: each its own.
            of_device: the circuit's parameters have their plain names.

        Raises:
            InputError: an unknown circuit, or a scope that was not obtained.
            SimulationError: a simulation failed.
        """
        times = 1.0 if self.neurons is None else (scenario.neurons or self.neurons) / self.neurons
        keys = {_key(layer, circuit) for layers in self.runs for layer in layers}
        circuits = {k: circuit_energy(k[0], scenario.scope, k[1], of_device=of_device) for k in sorted(keys, key=str)}
        events = [_events(layers, circuits, circuit, times) for layers in self.runs]
        mean = {key: _mean([one.get(key) for one in events]) for key in circuits}
        replayed = scenario.scope == "system" and scenario.frame_s is not None
        waiting = {key: _waiting_s(self.runs[0], circuits, key, circuit, times, scenario) for key in circuits}

        k = scenario.neurons_per_driver

        def of(counts: Mapping[Key, EventCounts], now: Points) -> Any:
            return sum(now[key].events(one, k) for key, one in counts.items())

        designed = {key: one.designed for key, one in circuits.items()}
        spread = self._spread([of(one, designed) for one in events])

        def energy_J(read: Reader) -> Any:
            now = {key: one.at(read) for key, one in circuits.items()}
            energy = of(mean, now) * (1.0 if spread is None else read(spread))
            if not replayed:
                return energy
            standby = sum(seconds * now[key].idle_power(k) for key, seconds in waiting.items())
            return energy + stored_frames(read, scenario, self.frame_bits, self.frames, self._density) + standby

        of_system = ("frame_s", "neurons_per_driver", *(("buffer", "standby") if replayed else ()))
        axes = ("scope", *(("neurons",) if self.neurons else ()), *(of_system if scenario.scope == "system" else ()))
        fixed = {name: reason for one in circuits.values() for name, reason in one.fixed.items()}
        conditions = {"runs": len(self.runs), "circuits": ", ".join(_named(key) for key in circuits), **self.scores}
        name = self.system if self.neurons is None else f"{self.system} (N = {scenario.neurons or self.neurons})"
        return cost(name, "simulated", energy_J, axes=axes, fixed=fixed, conditions=conditions)

    def on(self, circuit: str, scenario: Scenario) -> Cost:
        """The same on a circuit by name; see `cost`."""
        return self.cost(scenario, circuit, of_device=True)

    def digital(self, scenario: Scenario) -> Cost:
        """The same on a digital chip, where each state is read, updated and written in every step. No synapses."""
        slots = float(np.mean([sum(layer.slots for layer in layers) for layers in self.runs]))
        return work_cost(self.system, state_work(slots), scenario, conditions=self.scores)

    @property
    def _density(self) -> float:
        return float(np.mean([layers[0].density for layers in self.runs]))

    def _spread(self, energies: Sequence[float]) -> Parameter | None:
        """How the energy differs between seeds, as a factor; None: one seed, or no difference."""
        if len(energies) < 2:
            return None
        sigma = float(np.std(energies, ddof=1) / np.mean(energies))
        if not sigma > LEAST_SPREAD:
            return None
        reach = math.exp(CENTRAL * sigma)
        source = f"standard deviation over {len(energies)} seeds"
        within = Range(1 / reach, reach, "lognormal", source)
        text = "energy of a seed's network over the mean"
        return Parameter(f"events of {self.system}, by seed", 1.0, "", text, source, "measured", likely=within)


def _key(layer: LayerEvents, circuit: str | None) -> Key:
    name = circuit or (layer.billing.circuit if layer.billing else None)
    if name is None:
        raise InputError("no circuit is known for these neurons", where=layer.layer)
    return name, None if layer.amplitude_V is None else round(layer.amplitude_V, 2)


def _named(key: Key) -> str:
    return key[0] if key[1] is None else f"{key[0]} at {key[1]:g} V"


def _events(
    layers: Layers, circuits: Mapping[Key, CircuitEnergy], circuit: str | None, times: float
) -> dict[Key, EventCounts]:
    """Events of a trial by circuit, `times` as many as counted."""
    counts: dict[Key, EventCounts] = {}
    for layer in layers:
        key = _key(layer, circuit)
        one = event_counts(layer, circuits[key].designed.prices)
        counts[key] = _sum([counts[key], _scaled(one, times)] if key in counts else [_scaled(one, times)])
    return counts


def _scaled(counts: EventCounts, times: float) -> EventCounts:
    return EventCounts(*(None if value is None else value * times for value in counts))  # pyright: ignore[reportArgumentType]


def _sum(several: Sequence[EventCounts]) -> EventCounts:
    columns = zip(*several, strict=True)
    return EventCounts(*(None if None in column else math.fsum(column) for column in columns))  # pyright: ignore[reportArgumentType]


def _mean(several: Sequence[EventCounts | None]) -> EventCounts:
    """Over the runs; one that has no layer on the circuit has none of its events."""
    return _scaled(_sum([one or EventCounts() for one in several]), 1 / len(several))


def _waiting_s(
    layers: Layers,
    circuits: Mapping[Key, CircuitEnergy],
    key: Key,
    circuit: str | None,
    times: float,
    scenario: Scenario,
) -> float:
    """Neuron-seconds between bursts of the layers on a circuit."""
    if scenario.frame_s is None or scenario.standby == "off":
        return 0.0
    slots = sum(layer.slots for layer in layers if _key(layer, circuit) == key)
    return times * slots * max(0.0, scenario.frame_s - circuits[key].designed.period_s)
