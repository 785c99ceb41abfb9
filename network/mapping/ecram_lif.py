"""The delay-feedback LIF neuron in the place of a network's.

Time: the leak of the circuit is nearly a constant current, C dV/dt = -(leak_A + leak_per_V V), so that a membrane falls
along a line and is empty after some 60 µs. A step is as long as takes a membrane at half the threshold down by the
network's decay. Where another layer sets the step, the bias of the leak is changed instead.

Charge: an input of one threshold is the conductance through which one input spike takes the membrane from rest to its
threshold.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache, cached_property

from circuits.ecram_lif.copies import membrane_copies
from circuits.ecram_lif.stages import reduce_lif
from circuits.ecram_lif.testbench import (
    DelayFeedbackTestbench,
    delay_feedback_lif_ecram_testbench,
    delay_feedback_lif_testbench,
)
from ipcircuit.compact.ecram_lif.neuron import Membrane, needed_conductance
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram import currie2026
from ipcircuit.errors import InputError
from ipcircuit.units import NOMINAL_C, in_unit
from network.foreign.description import NeuronDescription
from network.mapping.counterpart import (
    DESIGNED,
    LEFT,
    Chip,
    Counterpart,
    LayerMapping,
    checked_step,
    decay_of,
    gaps,
    wanted_span,
)
from network.neurons.ecram_lif.layer import DelayFeedbackLayer, with_leak
from network.neurons.stepping import StepMode

COPIES = 32  # of the circuit, of which each neuron of a layer is one
LEAKS = (0.01, 100.0)  # assumed: below, off-currents exceed the bias; above, the leak is no subthreshold current
LOWEST_OHM = next(p.value for p in currie2026.PARAMETERS if p.name == "r_low")


class DelayFeedbackCounterpart(Counterpart):
    """See the module's text.

    Args:
        bench: the circuit as designed, in either mode.
    """

    def __init__(self, bench: DelayFeedbackTestbench) -> None:
        self.bench = bench

    @property
    def circuit(self) -> str:
        return self.bench.name

    def with_settings(self, settings: Mapping[str, float | str]) -> DelayFeedbackCounterpart:
        return DelayFeedbackCounterpart(self.bench.with_settings(**settings))

    @cached_property
    def designed(self) -> LifNeuronParameters:
        """Compact constants of the neuron as designed, at 27 °C, with a threshold stage that follows at once."""
        return self.at(NOMINAL_C)

    def at(self, temperature_C: float) -> LifNeuronParameters:
        """The same at an ambient temperature. Raises InputError: the pull-up's off-current exceeds the leak there."""
        conditions = replace(self.bench.conditions, temperature_C=temperature_C)
        return replace(reduce_lif(self.bench.design, conditions), stage=None)

    def copies(self, temperature_C: float) -> Sequence[LifNeuronParameters]:
        """Constants of random copies. Raises InputError: none of them has a resting state."""
        conditions = replace(self.bench.conditions, temperature_C=temperature_C)
        resting = [p for p in membrane_copies(self.bench.design, conditions, COPIES) if p is not None]
        if not resting:
            raise InputError("no copy has a resting state", where=self.circuit, found=conditions.label())
        return resting

    @property
    def shortest_s(self) -> float:
        """An input spike, the output's latency and the reset, s."""
        p = self.designed
        return p.pulse_s + p.latency_s + p.refractory_s

    def step_s(self, decay: float) -> float:
        p = self.designed
        half = p.threshold_V / 2
        return max(fall_time(with_leak(p, 1.0), half, decay * half), self.shortest_s)

    def map(self, neuron: NeuronDescription, step_s: float | None = None) -> LayerMapping:
        p, decay = self.designed, decay_of(neuron)
        own = self.step_s(1.0 if decay is None else decay)
        step = checked_step(step_s, own, self.shortest_s, self.circuit)
        leak = min(max(own / step, LEAKS[0]), LEAKS[1])
        membrane = with_leak(p, leak)
        half, level = membrane.threshold_V / 2, membrane.threshold_V
        obtained = left_after(membrane, half, step) / half
        siemens = needed_conductance(p)
        charge = p.drive_V * p.pulse_s * siemens
        strongest = 1 / (LOWEST_OHM + p.series_ohm) / siemens
        return LayerMapping(
            self.circuit,
            step,
            (decay, obtained),
            (wanted_span(decay), fall_time(membrane, level, LEFT * level) / step),
            f"{1e6 * siemens:.3g} µS for {1e9 * p.pulse_s:.3g} ns, {1e12 * charge:.2g} pC; one synapse of the device's "
            f"window carries at most {strongest:.2g} of it",
            largest_weight=strongest,
            missing=(*gaps(neuron, obtained), "negative inputs: a synapse only charges the membrane"),
            added=_added(p, leak, step),
            settings={"leak": leak},
        )

    def layer(self, mapping: LayerMapping, chip: Chip = DESIGNED, step_mode: StepMode = "m") -> DelayFeedbackLayer:
        layer = DelayFeedbackLayer(
            self.designed,
            mapping.step_s,
            leak=mapping.settings["leak"],
            actual=self.at(chip.temperature_C),
            copies=self.copies(chip.temperature_C) if chip.mismatch else (),
            seed=chip.seed,
            step_mode=step_mode,
        )
        layer.billing = replace(layer.billing, circuit=self.circuit)
        return layer


def left_after(membrane: Membrane, volts: float, time_s: float) -> float:
    """Membrane (V) `time_s` after it was at `volts`, by the leak alone, well above the thermal voltage."""
    if not membrane.leak_per_V:
        return max(volts - membrane.leak_A * time_s / membrane.membrane_F, 0.0)
    floor, tau = membrane.leak_A / membrane.leak_per_V, membrane.membrane_F / membrane.leak_per_V
    return max((volts + floor) * math.exp(-time_s / tau) - floor, 0.0)


def fall_time(membrane: Membrane, volts: float, target: float) -> float:
    """Time (s) in which the leak takes the membrane from `volts` to `target`, the inverse of `left_after`."""
    if not membrane.leak_per_V:
        return (volts - target) * membrane.membrane_F / membrane.leak_A
    floor, tau = membrane.leak_A / membrane.leak_per_V, membrane.membrane_F / membrane.leak_per_V
    return tau * math.log((volts + floor) / (target + floor))


def _added(p: LifNeuronParameters, leak: float, step_s: float) -> tuple[str, ...]:
    span = fall_time(with_leak(p, leak), p.threshold_V, 0.0)
    words = [
        f"the leak is a nearly constant current: a full membrane is empty after {1e6 * span:.3g} µs, "
        f"{span / step_s:.2g} steps",
        f"short-term depression of the synapses, {in_unit(p.step_ohm / p.base_ohm, '.0f %')} of a channel of "
        f"{p.base_ohm / 1e3:.3g} kΩ per spike: not in the layer, which is handed sums",
    ]
    if abs(math.log(leak)) > 0.01:
        words.append(f"a leak bias of {leak:.3g} times the designed one, for which the energy record does not hold")
    return tuple(words)


@cache
def delay_feedback() -> DelayFeedbackCounterpart:
    """Counterpart of the registry's ``delay_feedback_lif``."""
    return DelayFeedbackCounterpart(delay_feedback_lif_testbench())


@cache
def delay_feedback_ecram() -> DelayFeedbackCounterpart:
    """Counterpart of the registry's ``delay_feedback_lif_ecram``."""
    return DelayFeedbackCounterpart(delay_feedback_lif_ecram_testbench())
