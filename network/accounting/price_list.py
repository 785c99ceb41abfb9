"""Price list of a network: what each layer's events cost, a line per event and scope, with basis and source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from circuits.events import Event
from energy.cost import SCOPES
from energy.event_prices import NAMES, WORDS, EventCounts, EventPrices
from energy.intervals import record
from energy.surroundings import (
    SYNAPSES,
    Synapses,
    UnitPrice,
    amplitude_source,
    array_synapse,
    digital_synapse,
    moved_spike,
)
from ipcircuit.errors import InputError
from network.accounting.counting.events import LayerEvents

ScopePrices = Mapping[str, EventPrices]
STANDBY = "second of standby"
CORE_SUPPLY_V = 0.9  # of an amplitude source where the circuit has no write driver


@dataclass(frozen=True)
class PriceLine:
    """Energy that one kind of event of a layer takes per sample.

    Attributes:
        part: of the network's energy: memory, neurons, synapses, moved spikes, amplitude source.
        scope: accounting scope; None: the same in each.
        basis, source: of the price.
        event, count: what is counted, and how many per sample; None: not obtained.
        energy_each_J, energy_J: of one and of all; None: not obtained, `reason` says why. Of `STANDBY` and of a static
            current one is a neuron-second.
        intervals: of `energy_J` by kind (`energy.intervals`); None: no interval.
        remark: what an energy below 0 means; None where it is none.
    """

    layer: str
    part: str
    scope: str | None
    basis: str
    source: str
    event: str
    count: float | None
    energy_each_J: float | None
    energy_J: float | None
    intervals: Mapping[str, Mapping[str, float]] | None = None
    reason: str | None = None
    remark: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


def event_counts(events: LayerEvents, prices: EventPrices, step_s: float | None = None) -> EventCounts:
    """Events of a layer per sample, as a circuit's prices count them.

    Inputs whose strength was not counted are as strong as those of the simulated operation, and together at least as
    its spikes took. A clocked circuit works in every time step, one with a static current in those with an input, any
    other for as long as its operations take; the rest of the sample is standby.

    Args:
        events: of a layer of neurons.
        step_s: length of a time step; None: that of the simulated operation.

    Raises:
        InputError: a step that is no length of time.
    """
    if step_s is not None and not 0 < step_s < math.inf:
        raise InputError("no length of time", where="step_s", found=step_s, allowed="above 0")
    one = prices.operation
    inputs = events.per_trial(events.operations if events.inputs is None else events.inputs)
    spikes, steps = events.per_trial(events.spikes), float(events.slots)
    drives = events.per_trial(events.drives) if events.drives is not None else _usual_drives(one, inputs, spikes)
    operations: float | None = events.per_trial(events.operations)
    if events.billing is not None and events.billing.event == "spike":
        operations = spikes / one.spikes if one.spikes else None if spikes else 0.0
    length = one.running_s / (one.steps or 1.0) if step_s is None else step_s
    running_s = one.running_s * (operations or 0.0)
    if one.steps:
        running_s = one.running_s * steps / one.steps
    elif one.inputs:
        running_s = inputs * (length if Event.TIME in prices.parts else one.running_s / one.inputs)
    total_s = steps * length
    running_s = min(running_s, total_s)
    return EventCounts(operations, inputs, steps, spikes, running_s, total_s - running_s, drives)


def _usual_drives(one: EventCounts, inputs: float, spikes: float) -> float:
    """Strength of inputs that was not counted: as in the simulated operation, at least what its spikes took."""
    each = (inputs / one.inputs if one.inputs else 0.0, spikes / one.spikes if one.spikes else 0.0)
    return one.drives * max(each)


def price_lines(
    events: Mapping[str, LayerEvents],
    circuits: Mapping[str, str],
    prices: Mapping[str, ScopePrices],
    step_s: Mapping[str, float] | float | None = None,
    *,
    synapses: Synapses = "digital",
    precision: str = "int8",
    sized: bool = False,
    address_events: bool = False,
    hops: float | None = None,
) -> list[PriceLine]:
    """Price list of a network per sample, its layers in the order in which they run.

    Counts of a network in which the circuits' own layers stand (`network.mapping`) are those of their own rate and
    amplitude. Layers without a price, such as pooling, have no line.

    Args:
        events: by layer.
        circuits: of layers of neurons, by layer.
        prices: by layer or by circuit, and by scope (`energy.event_prices`).
        step_s: length of a time step, by layer or of all.
        synapses: ``digital``, a weight from SRAM and an accumulation for each non-zero input; ``array``, read pulses.
        precision: of digital weights. sized: an access costs by the size of the layer's memory; else as of the 32 KiB
            that the digital baselines have, so that totals can be compared.
        address_events: count how spikes are moved; hops: of each.

    Raises:
        InputError: an unknown kind of synapses or precision, a negative number of hops, no length of a step.
    """
    if synapses not in SYNAPSES:
        raise InputError("unknown synapses", where="--synapses", found=synapses, allowed=", ".join(SYNAPSES))
    lines: list[PriceLine] = []
    for name, layer in events.items():
        if layer.billing is None:
            lines += _synapse_lines(layer, synapses, precision, sized=sized)
        elif circuit := circuits.get(name):
            step = step_s.get(name) if isinstance(step_s, Mapping) else step_s
            lines += neuron_lines(layer, prices.get(name) or prices[circuit], step)
        if layer.billing is not None and address_events:
            lines.append(_line(layer, moved_spike(hops), layer.per_trial(layer.spikes), scope="system"))
    return lines


def neuron_lines(events: LayerEvents, prices: ScopePrices, step_s: float | None = None) -> list[PriceLine]:
    """Lines of a layer of neurons: each event in each scope, standby, and in `system` the source of the amplitudes."""
    lines: list[PriceLine] = []
    for scope in SCOPES:
        one = prices[scope]
        counts = event_counts(events, one, step_s)
        lines += _of_scope(events, one, counts)
    system = prices["system"]
    supply = system.driver_supply_V or CORE_SUPPLY_V
    inputs = event_counts(events, system, step_s).inputs
    return [*lines, _line(events, amplitude_source(supply), inputs, scope="system")]


def _of_scope(events: LayerEvents, prices: EventPrices, counts: EventCounts) -> list[PriceLine]:
    head = events.layer, events.part, prices.scope, prices.basis
    source = f"cost record of {prices.circuit}"
    energies = prices.energies_J(counts)
    if energies is None:
        reason = next(iter(prices.reasons.values()))
        return [PriceLine(*head, source, "all", None, None, None, None, reason)]
    ends = prices.intervals
    words = {**{name: WORDS[event] for event, name in NAMES.items()}, "idle_W": STANDBY}
    lines = []
    for name, energy in energies.items():
        price = getattr(prices, name)
        count = prices.count(counts, name)
        interval = {kind: one.moved(price, count, energy) for kind, one in ends.get(name, {}).items()}
        remark = prices.remarks.get(name)
        lines.append(PriceLine(*head, source, words[name], count, price, energy, record(interval), remark=remark))
    return lines


def _synapse_lines(layer: LayerEvents, synapses: Synapses, precision: str, *, sized: bool) -> list[PriceLine]:
    """Lines of a layer of weights; none of a layer that has no weights."""
    if layer.kind not in ("synapses", "recurrent"):
        return []
    met = layer.per_trial(layer.operations if layer.whole is not True else layer.additions)
    if synapses == "array" and layer.kind == "synapses":
        read, row, sense = array_synapse()
        columns = None if layer.outputs is None else float(layer.outputs * layer.steps)
        return [_line(layer, read, met), _line(layer, row, met), _line(layer, sense, columns)]
    weights = layer.parameters if sized else None
    read, accumulate = digital_synapse(weights, precision, graded=layer.whole is not True)
    lines = [_line(layer, read, met), _line(layer, accumulate, met)]
    if layer.biases:
        bias = layer.per_trial(layer.biases)
        read, add = digital_synapse(weights, precision, graded=False)
        lines += [_line(layer, read, bias, "bias read"), _line(layer, add, bias, "bias addition")]
    return lines


def _line(
    layer: LayerEvents, price: UnitPrice, count: float | None, event: str | None = None, scope: str | None = None
) -> PriceLine:
    reason = "not counted in this stored run" if count is None else None
    energy = None if count is None else count * price.energy_J
    words = event or price.event
    head = layer.layer, price.part, scope, price.basis, price.source
    return PriceLine(*head, words, count, price.energy_J, energy, None, reason)
