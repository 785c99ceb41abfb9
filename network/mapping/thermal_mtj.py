"""The thermally plastic MTJ neuron, read by a comparator, in the place of a network's.

Time: a step is one cycle of set, read and reset; a longer one loses what heat there is. Voltage: a drive of one
threshold is a set pulse at the firing midpoint, one of 0 the lowest amplitude of the fit. Nothing integrates: what an
input leaves behind is heat, a few hundredths of a threshold, whatever its size, and a spike does not take it away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cache, cached_property

import numpy as np
import torch

from circuits.thermal_mtj.check import compact_of
from circuits.thermal_mtj.half import Half, Made
from circuits.thermal_mtj.sense.comparators import threshold, threshold_job
from circuits.thermal_mtj.sense.latch import designed_level
from circuits.thermal_mtj.testbench import ThermalMtjTestbench, comparator_testbench, differential_testbench
from ipcircuit.compact.thermal_mtj.neuron import pulse_heat
from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import simulate
from ipcircuit.spice.transient import Sweep
from ipcircuit.units import NOMINAL_C
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
from network.neurons.stepping import StepMode
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.driven import DrivenThermalLayer, ThermalCopies

STUCK_V = 10.0  # by which the midpoint of a neuron moves whose comparator always says that it fired


class ThermalCounterpart(Counterpart):
    """See the module's text.

    Args:
        bench: the circuit as designed; the spikes are those of its heat-sensitive junction.
    """

    def __init__(self, bench: ThermalMtjTestbench) -> None:
        self.bench = bench

    @property
    def circuit(self) -> str:
        return self.bench.name

    def with_settings(self, settings: Mapping[str, float | str]) -> ThermalCounterpart:
        return ThermalCounterpart(self.bench.with_settings(**settings))

    def at(self, temperature_C: float) -> ThermalNeuronParameters:
        """Compact constants at an ambient temperature, a pulse each cycle."""
        neuron = self.bench.at_ambient(temperature_C).neuron
        return compact_of(neuron, neuron.halves[0], self.bench.conditions)

    @cached_property
    def designed(self) -> ThermalNeuronParameters:
        """The same at 27 °C."""
        return self.at(NOMINAL_C)

    def step_s(self, decay: float) -> float:
        """One cycle whatever the decay: what heat there is, is lost while the neuron waits."""
        return self.designed.period

    def map(self, neuron: NeuronDescription, step_s: float | None = None) -> LayerMapping:
        p, decay = self.designed, decay_of(neuron)
        step = checked_step(step_s, self.step_s(1.0 if decay is None else decay), p.period, self.circuit)
        waiting = _every(p, step)
        low, high = p.valid
        span_V = p.midpoint - low
        heat = sum(
            pulse_heat(*terms, p.midpoint) for terms in zip(waiting.alpha, waiting.beta, waiting.delta, strict=True)
        )
        obtained = heat / span_V
        steps = 0.0 if obtained < LEFT else max(p.time_constants()) * math.log(obtained / LEFT) / step + 1
        return LayerMapping(
            self.circuit,
            step,
            (decay, obtained),
            (wanted_span(decay), steps),
            f"a set pulse of {p.midpoint:.3g} V, at which half of the pulses set; 0 is {low:g} V; at most "
            f"{(high - low) / span_V:.2g} of it",
            (high - low) / span_V,
            missing=(
                *gaps(neuron, obtained),
                "integration: a step fires by its own input; an earlier one leaves heat, whatever its size",
                "reset: a spike takes no heat away",
                "negative inputs: there is no pulse",
            ),
            added=(f"random firing: a logistic curve of width {1 / (p.slope * span_V):.2g} thresholds",),
        )

    def layer(self, mapping: LayerMapping, chip: Chip = DESIGNED, step_mode: StepMode = "m") -> DrivenThermalLayer:
        layer = DrivenThermalLayer(
            _every(self.at(chip.temperature_C), mapping.step_s),
            self.designed.midpoint,
            copies=(lambda features, generator: self._copies(features, generator)) if chip.mismatch else None,
            seed=chip.seed,
            step_mode=step_mode,
        )
        layer.billing = replace(layer.billing, circuit=self.circuit)
        return layer

    @cached_property
    def threshold_V(self) -> float:
        """Input of the comparator at which it decides, as simulated; of a latch by hand."""
        neuron, conditions = self.bench.neuron, self.bench.conditions
        if neuron.sizes.clocked:
            return designed_level(neuron, conditions)
        sweep = simulate(threshold_job(conditions, neuron.sizes))
        assert isinstance(sweep, Sweep)
        return threshold(conditions, sweep)

    def _copies(self, features: tuple[int, ...], generator: torch.Generator) -> ThermalCopies:
        """Neurons with the declared spreads of junction and reference, and of the comparator's threshold.

        By hand: the midpoint scales with the voltage at which the junction switches and with the divider's ratio, its
        shift by heat with the power; compared with a full reduction it is right to half a millivolt.
        """
        half, count = self.bench.neuron.halves[0], math.prod(features)
        seed = int(torch.randint(2**31, (), generator=generator))
        made = [half.drawn(Sample(seed, index)) for index in range(count)]
        offsets = torch.randn(count, generator=generator, dtype=torch.float64).numpy()
        limits = self.threshold_V + self.bench.neuron.sizes.threshold_sigma() * offsets
        v_read = self.bench.conditions.v_read
        own = half.divider.level_antiparallel(v_read)
        rows = np.array([_copy(half, each, own, v_read) for each in made])
        gain, switching, parallel, antiparallel = rows.T
        shift = self.designed.midpoint * (switching / gain - 1)
        shift = np.where(limits < parallel, -STUCK_V, shift)
        heat = gain**2 * half.device.values()["r_parallel"] / np.array([m.junction["r_parallel"] for m in made])

        def shaped(values: np.ndarray) -> torch.Tensor:
            return torch.as_tensor(values).to(torch.get_default_dtype()).reshape(features)

        return ThermalCopies(shaped(shift), shaped(heat), shaped(limits < antiparallel))


def _copy(half: Half, made: Made, level_V: float, v_read: float) -> tuple[float, float, float, float]:
    """Divider's ratio and switching voltage relative to the design's, and the read levels (V) of P and AP."""
    designed, junction = half.device.values(), made.junction
    ratio = junction["r_parallel"] / (junction["r_parallel"] + made.reference_ohm)
    high = half.reference_ohm * level_V / (v_read - level_V)  # R_AP at its bias, as designed
    high *= junction["r_antiparallel"] / designed["r_antiparallel"]
    return (
        ratio / half.divider.gain_parallel,
        junction["x0_set"] / designed["x0_set"],
        v_read * ratio,
        v_read * high / (high + made.reference_ohm),
    )


def _every(parameters: ThermalNeuronParameters, step_s: float) -> ThermalNeuronParameters:
    """With a pulse each `step_s`; a cycle is not shortened."""
    return NeuronDevice("mapped", parameters).with_period(max(step_s, parameters.period)).temporal


@cache
def comparator() -> ThermalCounterpart:
    """Counterpart of the registry's ``comparator``."""
    return ThermalCounterpart(comparator_testbench())


@cache
def differential() -> ThermalCounterpart:
    """Counterpart of the registry's ``differential``: instantaneous and difference channel together are the spikes of
    its heat-sensitive junction."""
    return ThermalCounterpart(differential_testbench())
