"""Price list of a network: lines by hand, sums equal to the cost record's own energy, prices around the neurons."""

import json
import math
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
import torch
from torch import nn

from circuits.catalog import load
from energy.characterize import characterize
from energy.compare import IDLE_LEAKAGE, published_cost
from energy.constants import NODE_SCALE
from energy.cost import SCOPES, NeuronCost
from energy.digital import accumulation_energy
from energy.event_prices import EventPrices, event_prices
from energy.surroundings import SURROUNDINGS, amplitude_source, array_synapse, moved_spike, sram_access
from ipcircuit.errors import InputError
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.accounting.price_list import STANDBY, PriceLine, event_counts, neuron_lines, price_lines
from network.accounting.prices import neuron_energy
from network.accounting.time_base import input_buffer, network_time_base, time_base_lines
from network.neurons.billing import Billing
from network.neurons.lif import LIFNeuron

LIF, SIGNED, THERMAL = LIFNeuron.billing, Billing("signed", "signed_mtj"), Billing("thermal", "comparator")


@cache
def cost(circuit: str) -> NeuronCost:
    return characterize(load(circuit), n_jobs=1).cost


def prices(circuit: str) -> dict[str, EventPrices]:
    return event_prices(cost(circuit))


def total(lines: list[PriceLine], scope: str, part: str = "neurons") -> float:
    return math.fsum(line.energy_J or 0.0 for line in lines if line.scope == scope and line.part == part)


@pytest.mark.parametrize(
    ("billing", "per_operation"),
    [
        (LIF, {"operations": 31, "spikes": 6, "drives": 6 * (1 + 20e-9 * 1.0331731e-6 / 1e-12)}),
        (SIGNED, {"operations": 12, "inputs": 6, "spikes": 6}),
        (THERMAL, {"operations": 6, "spikes": 1}),
    ],
)
def test_the_records_own_events_cost_the_records_energy(billing: Billing, per_operation: dict[str, Any]) -> None:
    """Six operations, and standby beside them: in hundred steps of an LIF neuron and a thermal one, of which 31 and 6
    have an input; a clocked neuron has none."""
    found = cost(str(billing.circuit))
    one = prices(found.circuit)["system"].operation
    steps, used = (12, 12) if billing is SIGNED else (100, 31 if billing is LIF else 6)
    events = LayerEvents("a", replace(billing, memory=False), steps=steps, units=1, trials=1, **per_operation)
    step_s = 6 * one.running_s / used
    lines = neuron_lines(events, prices(found.circuit), step_s)
    for scope in SCOPES:
        record, idle_W = found.scopes[scope], prices(found.circuit)[scope].idle_W or 0.0
        worked = (record.energy_per_operation_J or 0.0) - record.energy_breakdown_J.get(IDLE_LEAKAGE, 0.0)
        expected = 6 * worked + idle_W * (steps - used) * step_s
        assert total(lines, scope) == pytest.approx(expected, rel=1e-6)
    by_scope = {row["scope"]: row["energy_per_trial_J"] for row in neuron_energy({"a": events}, {"a": found})}
    if billing is not LIF:  # whose step is another one by default
        assert by_scope["circuit"] == pytest.approx(total(lines, "circuit"), rel=1e-12)


def test_silent_neurons_stand_by_for_the_length_of_the_run() -> None:
    """A thousand neurons for a millisecond without an event: idle power in `system`, the clock of a clocked circuit."""
    for billing, steps in ((LIF, 100), (SIGNED, 500_000)):
        events = LayerEvents("a", billing, steps=steps, units=1000, trials=1, inputs=0, drives=0.0)
        one = prices(str(billing.circuit))
        lines = neuron_lines(events, one, 1e-3 / steps)
        clock = 1000 * steps * (one["circuit"].step_J or 0.0)
        assert total(lines, "circuit", "memory") == pytest.approx(clock)
        assert all(bool(line.remark) == ((line.energy_each_J or 0.0) < 0) for line in lines)
        standby = next(line for line in lines if line.event == STANDBY)
        assert standby.energy_each_J == one["system"].idle_W
        assert standby.count == pytest.approx(0.0 if clock else 1.0)
    with pytest.raises(InputError, match="step_s: no length of time"):
        event_counts(LayerEvents("a", LIF, 1, 1), prices("comparator")["paper"], 0.0)


def test_a_network_by_hand() -> None:
    """Two inputs, a neuron of weights 0.5, three steps: a spike in the third; charge 0.25 and 0.5 thresholds."""
    model = nn.Sequential(nn.Linear(2, 1, bias=False), LIFNeuron(tau=2.0))
    with torch.no_grad():
        model[0].weight.fill_(0.5)  # pyright: ignore[reportArgumentType, reportAttributeAccessIssue, reportCallIssue]
    x = torch.tensor([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0]])[:, None]
    with counted_events(model) as events, torch.no_grad():
        model(x)
    neurons = events["1"]
    assert (neurons.operations, neurons.drives, neurons.spikes) == (2, pytest.approx(0.75), 0)
    assert LayerEvents.from_json(json.loads(json.dumps(neurons.to_json()))).drives == pytest.approx(0.75)
    lines = price_lines(events, {"1": "delay_feedback_lif"}, {"delay_feedback_lif": prices("delay_feedback_lif")}, 1e-6)
    circuit = {line.event: line for line in lines if line.scope == "circuit"}
    assert circuit["input event"].count == 2
    assert circuit["unit of input strength"].energy_J == pytest.approx(0.75 * 1.0e-12, rel=0.05)
    assert [(line.event, line.count) for line in lines if line.part == "synapses"] == [
        ("weight read", 3.0),
        ("accumulation", 3.0),
    ]
    # As the baselines, 32 KiB; by its size two bytes in a memory of 8 KiB, half the energy.
    known = accumulation_energy(3.0, "int8", graded=False)
    read, added = (line.energy_J or 0.0 for line in lines if line.part == "synapses")
    assert read + added == pytest.approx(known.energy_28nm_J)
    assert price_lines(events, {}, {}, sized=True)[0].energy_J == pytest.approx(read / 2)
    arrays = price_lines(events, {}, {}, synapses="array")
    assert [(line.event, line.count) for line in arrays][2] == ("sense amplifier", 3.0)
    moved = price_lines(events, {}, {}, address_events=True)[-1]
    assert (moved.scope, moved.count, moved.energy_each_J) == ("system", 0.0, pytest.approx(4.7e-12))
    with pytest.raises(InputError, match="--synapses: unknown synapses"):
        price_lines(events, {}, {}, synapses="optical")  # pyright: ignore[reportArgumentType]


def test_strength_that_was_not_counted_is_that_of_the_record_and_enough_for_the_spikes() -> None:
    one = prices("delay_feedback_lif")["circuit"].operation
    for operations, spikes in ((31, 0), (3, 3)):
        events = LayerEvents("a", LIF, steps=40, units=1, trials=1, operations=operations, spikes=spikes)
        drives = event_counts(events, prices("delay_feedback_lif")["circuit"]).drives
        assert drives == pytest.approx(one.drives * max(operations / one.inputs, spikes))


def test_what_was_not_obtained_has_a_line_and_a_reason() -> None:
    events = LayerEvents("a", THERMAL, steps=4, units=2, trials=1, operations=3)
    lines = neuron_lines(events, event_prices(published_cost()))
    paper, circuit = (next(line for line in lines if line.scope == scope) for scope in ("paper", "circuit"))
    assert (paper.event, paper.count, paper.energy_J) == ("operation", 3.0, pytest.approx(1.8e-9))
    assert (circuit.energy_J, circuit.reason) == (None, "this scope has no energy in the cost record")
    old = LayerEvents("s", None, 4, 2, trials=1, operations=3, whole=True)
    assert price_lines({"s": old}, {}, {}, synapses="array")[-1].reason == "not counted in this stored run"


def test_a_slow_sensor_needs_a_store_and_neurons_that_stand_by() -> None:
    """Two spiking inputs of three steps in microseconds, 10 ms apart: a word a frame, a neuron idle for 30 ms."""
    inputs = LayerEvents("s", None, 3, 2, trials=1, whole=True)
    events = {"s": inputs, "n": LayerEvents("n", LIF, 3, 1, trials=1)}
    names = {"n": "delay_feedback_lif"}, {"delay_feedback_lif": prices("delay_feedback_lif")}
    base = network_time_base(events, *names, 1e-6, 10e-3)
    assert (base.mode, base.buffer_bits, base.accesses, base.sample_s) == ("replay", 192.0, 6.0, pytest.approx(0.03))
    lines = time_base_lines(base)
    assert [line.scope for line in lines] == ["system"] * 3
    assert lines[0].energy_J == pytest.approx(6 * 20e-12 * NODE_SCALE.value)
    assert (lines[0].energy_J or 0) + (lines[1].energy_J or 0) == pytest.approx(base.buffer_J)
    idle = prices("delay_feedback_lif")["system"].idle_W or math.nan
    assert lines[2].energy_J == pytest.approx(0.03 * idle, rel=1e-3)
    assert "is gone" in base.text  # 0.4 ms at the longest
    assert time_base_lines(network_time_base(events, *names, 1e-6, 1e-6)) == []
    graded = replace(inputs, whole=False)
    assert input_buffer({"s": graded}).inputs == 16


def test_memory_of_weights_by_its_size() -> None:
    """Through the table's three sizes, flat outside; 4 times the size between 8 and 32 KiB is twice the energy."""
    pj = {size: sram_access(size * 1024).energy_J / NODE_SCALE.value / 1e-12 for size in (1, 8, 16, 32, 1024, 4096)}
    assert pj == pytest.approx({1: 10, 8: 10, 16: 10 * math.sqrt(2), 32: 20, 1024: 100, 4096: 100})
    with pytest.raises(InputError, match="SRAM: not a size"):
        sram_access(0)


def test_prices_around_the_neurons_by_hand() -> None:
    read, row, sense = array_synapse()
    assert read.energy_J == pytest.approx(2 * 0.1**2 / 30e3 * 10e-9)  # V²/R t through two devices
    assert row.energy_J == pytest.approx(2 * 0.2e-15 * 0.9**2)
    assert (sense.basis, moved_spike().basis, sram_access(8192).source[:8]) == ("assumed", "assumed", "Horowitz")
    assert moved_spike(4).energy_J == pytest.approx(1.7e-12 + 4 * 3.0e-12)
    assert amplitude_source(1.8).energy_J == pytest.approx(64e-15 * 1.8**2)
    assert all(p.basis in ("published", "assumed") and p.source for p in SURROUNDINGS)
    small, large = SURROUNDINGS[:2]
    assert (small.basis, large.basis, sram_access(2**20).basis) == ("published", "assumed", "assumed")
    assert large.value == pytest.approx(20e-12 * (1024 / 32) ** 0.5, rel=0.15)  # the square root of the size: 113 pJ
    with pytest.raises(InputError, match="hops: not a number"):
        moved_spike(-1)
