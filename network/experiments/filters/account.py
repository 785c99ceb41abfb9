"""Energy of a bank: events counted while it runs, times the energies of the simulated neuron's cost record.

The energies are the prices of the record's events (`energy.event_prices`). What a channel takes is scaled with the
conductance that it injects through, for the energy drawn is V_DD times the charge; each branch of a filter has a
channel and a gate. The `system` scope adds the leakage of idle neurons over the length of the sample.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch

from circuits.ecram_lif.neuron import INPUT_STAGE, SYNAPSE, SYNAPSE_GATE
from circuits.events import Event
from energy.characterize import Characterization
from energy.digital import INT8_ADD, NODE_SCALE, PRECISIONS, SRAM_READ, SRAM_WORD_BYTES
from energy.event_prices import event_prices
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.errors import InputError
from ipcircuit.parameters import Reader, stated
from network.experiments.filters.bank import BankOutput, TemporalFilterBank


@dataclass(frozen=True)
class EventCost:
    """Energy (J) of events in one scope: an input spike at the input stage, at each gate, per siemens of conductance
    that it injects through; an output spike; and power (W) of an idle neuron."""

    input_stage_J: float
    gate_J: float
    channel_J_per_S: float
    output_J: float
    idle_W: float


@dataclass(frozen=True)
class Events:
    """Mean events per sample of a bank: input spikes at filters, their summed conductance (S), output spikes."""

    inputs: float
    conductance_S: float
    outputs: float


def event_costs(record: Characterization, neuron: LifNeuronParameters) -> dict[str, EventCost]:
    """By scope, from the cost record of ``delay_feedback_lif``.

    Raises InputError: a record that does not tell what an input spike and an output spike cost, or of another circuit.
    """
    interval = record.cost.conditions.get("input_interval_s")
    if not isinstance(interval, float):
        raise InputError("the cost record has no regular train of input spikes", where=record.cost.circuit)
    reference = _mean_conductance(neuron, interval)
    costs = {}
    for scope, prices in event_prices(record).items():
        inputs, drives, outputs = (prices.of(event) for event in (Event.INPUT, Event.DRIVE, Event.SPIKE))
        if missing := [name for name in (INPUT_STAGE, SYNAPSE, SYNAPSE_GATE) if name not in {**inputs, **drives}]:
            raise InputError("the cost record lacks a component", where=record.cost.circuit, found=missing[0])
        channel = drives[SYNAPSE] * prices.operation.drives / prices.operation.inputs  # of a spike of the record
        running = (prices.running_W or 0.0) * prices.operation.running_s
        output = math.fsum((*outputs.values(), running))  # static currents as in an interval of the record
        costs[scope] = EventCost(
            inputs[INPUT_STAGE], inputs[SYNAPSE_GATE], channel / reference, output, prices.idle_W or 0.0
        )
    return costs


def _mean_conductance(neuron: LifNeuronParameters, interval_s: float) -> float:
    """Mean conductance (S) through which the spikes of the record's own train inject."""
    with torch.no_grad():
        output, _ = TemporalFilterBank([[neuron]], interval_s)(torch.ones(40, 1, 1))
    return float(output.conductance.mean())


def count_events(trains: torch.Tensor, output: BankOutput) -> Events:
    """Mean over the samples of a run of the bank; trains (time, batch, features)."""
    batch, filters = trains.shape[1], output.spikes.shape[-1]
    through = float((output.conductance * trains[..., None]).sum())
    return Events(float(trains.sum()) * filters / batch, through / batch, float(output.spikes.sum()) / batch)


def bank_energy(cost: EventCost, events: Events, *, branches: int, neurons: int, duration_s: float) -> float:
    """Energy of one sample, J."""
    inputs = events.inputs * (cost.input_stage_J + branches * cost.gate_J) + events.conductance_S * cost.channel_J_per_S
    return inputs + events.outputs * cost.output_J + neurons * duration_s * cost.idle_W


def readout_energy(
    features: int,
    classes: int,
    counted: float,
    read: Reader = stated,
    scale: Any = None,
    access_J: Any = None,
    *,
    precision: str = "fp32",
) -> Any:
    """Digital linear readout of one sample at 28 nm (scale assumed), J: counters, weights from SRAM, multiply-adds.

    Args:
        counted: events that the counters add up.
        read: constants as stated, or others. scale: of the node; None: to 28 nm. access_J: of a 64-bit access at 45 nm;
            None: of the table's 32 KiB. precision: of weights and products.
    """
    mac, add, width = PRECISIONS[precision]
    sram = (features + 1) * classes * width / SRAM_WORD_BYTES * (read(SRAM_READ) if access_J is None else access_J)
    adds = counted * read(INT8_ADD) + classes * read(add)
    return (read(NODE_SCALE) if scale is None else scale) * (adds + features * classes * read(mac) + sram)


def timer_energy(spikes: float, ticks: float, read: Reader = stated, scale: Any = None) -> Any:
    """Digital timer with a histogram in registers, at 28 nm (scale assumed), J: an addition for each tick of the timer,
    and a comparison and an addition for each spike. Registers, clock and control are not counted: a lower bound."""
    return (read(NODE_SCALE) if scale is None else scale) * read(INT8_ADD) * (ticks + 2 * spikes)
