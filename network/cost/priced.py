"""A network's events and what they cost, by layer, event and scope."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

import torch

from circuits.testbench import Testbench
from energy.characterize import characterize, configured_at
from energy.cost import NeuronCost
from energy.event_prices import event_prices
from energy.surroundings import Synapses
from energy.time_base import TimeBase
from energy.variation.montecarlo.montecarlo import monte_carlo
from ipcircuit.errors import InputError
from ipcircuit.families import COUNTERPARTS
from ipcircuit.technology.record import Technology
from network.accounting.counting.count import NetworkCounts, count_network
from network.accounting.counting.events import LayerEvents
from network.accounting.price_list import PriceLine, price_lines
from network.accounting.time_base import network_time_base, time_base_lines
from network.cost.assignment import assign, settings_of
from network.cost.memory import fitting
from network.foreign.inputs import Samples
from network.foreign.network import LoadedNetwork
from network.mapping.swap import CircuitSettings, Plan, plan, why_kept

BATCH = 64
Progress = Callable[[int, int], None]
Stage = Callable[[str], AbstractContextManager[Progress]]


@contextlib.contextmanager
def silent(_: str) -> Iterator[Progress]:
    """A stage of work that shows no progress."""
    yield lambda done, total: None


@dataclass(frozen=True)
class Priced:
    """Events of a network and their prices.

    Attributes:
        circuits: by path of the layer of neurons. settings: of circuits, by name, where they are not as designed.
        counts: of the network as it is. placed: events by path that were priced, of the network with the circuits'
            neurons in it where these spike, else of the network as it is.
        lines: the price list.
        time_base: of the circuits and the sensor; None: there are no circuits, or their step is not known.
        plan: how the neurons stand on circuits; None: none could be placed, `unjudged` says why.
        notes: what belongs with the numbers.
    """

    circuits: Mapping[str, str]
    settings: CircuitSettings
    counts: NetworkCounts
    placed: Mapping[str, LayerEvents]
    lines: Sequence[PriceLine]
    time_base: TimeBase | None
    plan: Plan | None
    unjudged: str | None
    notes: Sequence[str]


def priced(
    network: LoadedNetwork,
    data: Samples,
    neuron: str | Sequence[str] = (),
    *,
    synapses: Synapses = "digital",
    address_events: bool = False,
    step_s: float | None = None,
    settings: Mapping[str, float | str] | None = None,
    place: bool = True,
    copies: int | None = None,
    technology: Technology | None = None,
    batch: int = BATCH,
    seed: int = 0,
    n_jobs: int | None = None,
    stage: Stage = silent,
) -> Priced:
    """Count a network's events and price them.

    Args:
        neuron: as of `network.cost.cost.network_cost`.
        synapses: ``digital`` or ``array``. address_events: with the transport of spikes between cores.
        step_s: length of a step on the circuit; default: as its leak needs.
        settings: sizes and levels of the circuits, ``NAME`` of all or ``CIRCUIT.NAME`` of one; else as designed.
        place: price the events of the network with the circuits' neurons in it, where these spike; else of its own.
        copies: random ones of each circuit, for intervals; None: none.
        technology: of the circuits; None: their own.

    Raises:
        InputError, SimulationError: as `network.cost.cost.network_cost`.
    """
    circuits = circuits_of(network, neuron)
    with stage(f"counting events of {network.name}") as progress:
        counts = counted(network, data, batch, progress)
    changed = settings_of(dict.fromkeys(circuits.values()), settings or {})
    benches = {
        name: configured_at(name, technology=technology, settings=changed.get(name))
        for name in dict.fromkeys(circuits.values())
    }
    placing, unjudged = _plan(network, circuits, step_s, changed)
    notes = [f"{note}." for note in network.notes]
    notes += [f"{name} with {_listed(values)}." for name, values in changed.items()]
    placed: Mapping[str, LayerEvents] = counts.layers
    if placing is not None and place:
        with stage("counting events with the circuits' neurons") as progress:
            rows = _placed(network, placing, data, batch, progress)
        if any(rows[path].spikes for path in placing.layers):
            placed = rows
            notes.append("events are those of the network with the circuits' neurons in it, as designed, at 27 °C.")
        else:
            notes.append(
                "with the circuits' neurons in it the network never spikes: events are those of its own neurons, and "
                "the energy is what the circuits would take if they did as these."
            )
    prices = {}
    for circuit in benches:
        with stage(f"characterizing {circuit}") as progress:
            prices[circuit] = event_prices(_record(benches[circuit], copies, seed, n_jobs, progress))
    length = step_s if placing is None else placing.step_s
    lines = price_lines(placed, circuits, prices, length, synapses=synapses, address_events=address_events)
    base = None
    if circuits and length is not None:
        base = network_time_base(placed, circuits, prices, length, data.dt_s)
        stored = time_base_lines(base)
        lines += stored
        if stored:
            notes.append("store and standby of the replay are in the scope system; no baseline counts any.")
    if circuits and copies is None:
        notes.append("no intervals of the energy: the circuits' cost records hold no random copies (--montecarlo).")
    return Priced(circuits, changed, counts, placed, lines, base, placing, unjudged, notes)


def _listed(settings: Mapping[str, float | str]) -> str:
    return ", ".join(f"{name} = {v if isinstance(v, str) else format(v, 'g')}" for name, v in settings.items())


def counted(network: LoadedNetwork, samples: Samples, batch: int, progress: Progress | None = None) -> NetworkCounts:
    """Events of a network.

    Raises:
        InputError: a layer does not fit into memory, or a network of spiking neurons never spikes.
    """
    x = samples.inputs
    with torch.no_grad(), fitting(network.module, min(batch, len(samples))):
        network.run(x[:1, :1])
    times = min(batch, len(samples)) * (1 if network.feed == "steps" else samples.steps)
    with torch.no_grad(), fitting(network.module, times):
        network.run(x[:1, :1])
    network.reset()
    with fitting(network.module, 1):
        counts = count_network(network, x, batch=batch, progress=progress)
    spiking = [path for path, neuron in network.neurons().items() if neuron.spiking]
    silent_layers = [path for path in spiking if path in counts.layers and not counts.layers[path].spikes]
    if spiking and len(silent_layers) == len(spiking):
        found = f"{len(samples)} samples of {samples.steps} steps without a spike"
        allowed = "inputs and weights with which neurons reach their threshold"
        raise InputError("the network never spikes", where=network.name, found=found, allowed=allowed)
    return counts


def circuits_of(network: LoadedNetwork, neuron: str | Sequence[str]) -> dict[str, str]:
    """Circuit of each layer of spiking neurons. Raises InputError as `network.cost.assignment.assign`."""
    own = {}
    for path, description in network.neurons().items():
        if description.spiking:
            billing = getattr(network.module.get_submodule(path), "billing", None)
            # one that cannot be mapped is a circuit's compact model itself
            own[path] = billing.circuit if billing is not None and why_kept(description) is not None else None
    return assign(neuron, own)


def _plan(
    network: LoadedNetwork, circuits: Mapping[str, str], step_s: float | None, settings: CircuitSettings
) -> tuple[Plan | None, str | None]:
    """How neurons stand on their circuits, or why they cannot. Raises InputError: a step that a circuit cannot take."""
    if not circuits:
        return None, None
    neurons, known = network.neurons(), COUNTERPARTS.names()
    reasons = {
        path: f"no counterpart of {circuit} is known" if circuit not in known else why_kept(neurons[path])
        for path, circuit in circuits.items()
    }
    chosen = {path: circuits[path] for path, reason in reasons.items() if reason is None}
    if not chosen:
        return None, "; ".join(dict.fromkeys(reason for reason in reasons.values() if reason))
    return plan(network, chosen, step_s, settings), None


def _placed(
    network: LoadedNetwork, placing: Plan, data: Samples, batch: int, progress: Progress
) -> dict[str, LayerEvents]:
    """Events of the network with the circuits' neurons in it, by the paths of the network itself."""
    names = {f"{path}.layer".lstrip("."): path for path in placing.layers}
    counts = count_network(placing.network(network), data.inputs, batch=batch, progress=progress)
    return {names.get(name, name): replace(row, layer=names.get(name, name)) for name, row in counts.layers.items()}


def _record(testbench: Testbench, copies: int | None, seed: int, n_jobs: int | None, progress: Progress) -> NeuronCost:
    """Cost record of a circuit, with spread from random copies where there are some."""
    if copies is None:
        return characterize(testbench, n_jobs=n_jobs, progress=progress).cost
    return monte_carlo(testbench, copies, seed, n_jobs=n_jobs, progress=progress).cost
