"""Time base of a counted network on its circuits: real time or replay, and what store and standby take per sample."""

from __future__ import annotations

import math
from collections.abc import Mapping

from circuits.catalog import load
from energy.buffer import LEAKAGE, FrameBuffer
from energy.constants import NODE_SCALE, SRAM_READ
from energy.time_base import TimeBase, memory_spans, time_base
from ipcircuit.families import CIRCUITS
from network.accounting.counting.events import LayerEvents
from network.accounting.price_list import STANDBY, PriceLine, ScopePrices

VALUE_BITS = 8  # of an input that is no spike
INPUTS = "inputs"  # layer of the lines of the store
STORE = "frame buffer"


def input_buffer(events: Mapping[str, LayerEvents]) -> FrameBuffer:
    """The store in front of a network: a bit for each input of its first layer, 8 where these are no whole numbers."""
    first = next(iter(events.values()))
    bits = 1 if first.whole is not False else VALUE_BITS
    return FrameBuffer(first.units * bits, first.steps)


def network_time_base(
    events: Mapping[str, LayerEvents],
    circuits: Mapping[str, str],
    prices: Mapping[str, ScopePrices],
    step_s: float,
    frame_s: float | None,
) -> TimeBase:
    """Time base of a network whose layers of neurons stand on circuits.

    Args:
        events: by layer, in the order in which they run.
        circuits: of layers of neurons. prices: by layer or circuit, and scope.
        step_s: of the circuits. frame_s: between the sensor's frames; None: not known.

    Raises:
        InputError: a step or an interval that is no length of time.
    """
    neurons, watts = 0, list[float | None]()
    for layer, circuit in circuits.items():
        count = events[layer].units * events[layer].neurons
        one = (prices.get(layer) or prices[circuit])["system"].idle_W
        neurons += count
        watts.append(None if one is None else count * one)
    power = None if None in watts or not neurons else math.fsum(w for w in watts if w is not None) / neurons
    known = [name for name in dict.fromkeys(circuits.values()) if name in CIRCUITS.names()]
    spans = [span for name in known for span in memory_spans(load(name), 1)]
    return time_base(step_s, frame_s, input_buffer(events), neurons=neurons, idle_W=power, spans=spans)


def time_base_lines(base: TimeBase) -> list[PriceLine]:
    """Lines of the price list for a replay, in the `system` scope: the store, and neurons that wait between bursts."""
    if base.mode != "replay" or base.sample_s is None:
        return []
    access, leakage = SRAM_READ.value * NODE_SCALE.value, base.buffer_bits * LEAKAGE.value
    store = INPUTS, STORE, "system", "assumed"
    each = base.standby_J / base.standby_s if base.standby_s and base.standby_J is not None else None
    reason = None if each is not None else "the power of an idle neuron is not known"
    neurons = INPUTS, "standby between samples", "system", "simulated", "idle power of the circuits' records"
    return [
        PriceLine(*store, SRAM_READ.source, "word in or out", base.accesses, access, base.accesses * access),
        PriceLine(*store, LEAKAGE.source, STANDBY, base.sample_s, leakage, base.sample_s * leakage),
        PriceLine(*neurons, "neuron-second", base.standby_s, each, base.standby_J, None, reason),
    ]
