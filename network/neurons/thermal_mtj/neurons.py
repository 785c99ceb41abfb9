"""Stochastic, thermally plastic and differential MTJ neurons as torch modules.

They follow the conventions of SpikingJelly: input in volts of shape (time, batch, *features) with ``step_mode="m"``,
(batch, *features) with ``"s"``; the state persists between calls until `reset`. Or the state is handed in and out, as
snnTorch has it: ``out, state = layer(volts, state)``. Equations: `ipcircuit.compact.thermal_mtj.neuron`.
"""

from __future__ import annotations

from typing import Any, Literal

import torch
from torch import nn
from torch.nn import functional

from ipcircuit.compact.thermal_mtj.parameters import ThermalNeuronParameters
from ipcircuit.errors import InputError
from network.neurons.billing import Billing, Counts
from network.neurons.content import nonzeros
from network.neurons.stepping import RangeCheck, StepMode, SteppedLayer, check_shape, check_state
from network.neurons.thermal_mtj import compiled, memoryless
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice, insensitive
from network.neurons.thermal_mtj.firing import Rule, fire, fire_step

State = list[torch.Tensor]  # Theta of each junction, shape (poles, batch, *features), V
Gradient = Literal["expected", "surrogate"]
# Of the neuron's own slope: assumed, a gentler curve that reaches inputs farther from the midpoint.
SURROGATE_SLOPE = 0.5


class MtjLayer(SteppedLayer):
    """Base of all layers of MTJ neurons: junctions, N parallel neurons averaged, state, sampling and gradient.

    Args:
        junctions: compact models, one per output channel.
        neurons: N, parallel neurons per input whose outputs are averaged.
        difference: the second channel is the difference of the junctions.
        gradient: ``expected``, the exact gradient of the expected output; ``surrogate``, the same with a gentler slope.
        sampled: False gives expected values instead of spikes, for analysis.
        levels: amplitudes that the driver can give over the fitted range; None is continuous.
        spread: device-to-device spread; needs `features`.
        features: shape of one sample, for the spread.
        step_mode: ``m`` (all steps) or ``s`` (one).
        checked: refuse NaN and warn once of voltages outside the fitted range (one pass over the input).
    """

    billing: Billing

    def __init__(
        self,
        junctions: list[ThermalNeuronParameters],
        *,
        neurons: int = 1,
        difference: bool = False,
        gradient: Gradient = "expected",
        sampled: bool = True,
        levels: int | None = None,
        spread: DeviceSpread | None = None,
        features: tuple[int, ...] | None = None,
        step_mode: StepMode = "m",
        checked: bool = True,
    ) -> None:
        super().__init__(step_mode)
        if isinstance(neurons, bool) or not isinstance(neurons, int) or neurons < 1:
            raise InputError("must be a whole number of at least 1", where="neurons", found=neurons)
        if gradient not in ("expected", "surrogate"):
            raise InputError("unknown gradient", where="gradient", found=gradient, allowed="expected, surrogate")
        if (spread is None) != (features is None):
            raise InputError("spread and features go together", where=type(self).__name__, found=features)
        self.neurons: int = neurons
        self.difference: bool = difference
        self.gradient: Gradient = gradient
        self.sampled: bool = sampled
        self.levels: int | None = levels
        self.generator: torch.Generator | None = None
        self._junctions = list(junctions)
        self._check = RangeCheck(junctions[-1].valid, type(self).__name__) if checked else None
        self._buffers_of: list[tuple[str, ...]] = []
        for i in range(len(junctions)):
            drawn = {} if spread is None or features is None else spread.draw(neurons, features, salt=i)
            for name, values in drawn.items():
                self.register_buffer(f"{name}_{i}", values.flatten(1))
            self._buffers_of.append(tuple(drawn))

    def out_features(self, in_features: int) -> int:
        """Length of the output's first feature axis for that of the input: a channel for each junction, one after the
        other."""
        return in_features * len(self._junctions)

    def init_state(self) -> State:
        """State of a cold layer for an input of any shape: what `forward` is first given where states are explicit."""
        return []

    def cold(self, volts: torch.Tensor) -> State:
        """State of a cold layer for one step's input."""
        dtype = torch.float32 if volts.dtype in (torch.bfloat16, torch.float16) else volts.dtype
        return [volts.new_zeros((len(p.decay), *volts.shape), dtype=dtype) for p in self._junctions]

    def run(self, volts: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """All steps of `volts` (time, batch, *features), V; returns the output and the state after the last step.

        The returned state carries no gradient: back-propagation through time ends at the first step of the
        call. Raises InputError: wrong rank or type, NaN or infinity, or the state of an input of another shape.
        """
        check_shape(volts, multi_step=True, where=type(self).__name__)
        rule, driven = self._rule(), self._driven(volts)
        ways = (way.fire for way in (memoryless, compiled) if way.applies(rule, driven))
        return next(ways, fire)(rule, driven, self._checked(state, volts[0]), self.generator)

    def step(self, volts: torch.Tensor, state: State | None = None) -> tuple[torch.Tensor, State]:
        """One step of `volts` (batch, *features), V; the returned state carries the gradient on. Raises as `run`."""
        check_shape(volts, multi_step=False, where=type(self).__name__)
        before = self._checked(state, volts) or self.cold(volts)
        channels, after = fire_step(self._rule(), self._driven(volts), before, self.generator)
        return channels[0] if len(channels) == 1 else torch.cat(channels, 1), after

    def forward(self, volts: torch.Tensor, state: State | None = None) -> torch.Tensor | tuple[torch.Tensor, State]:
        """`run` or `step` by `step_mode`, from the layer's own state, which is kept.

        With a `state` (at first that of `init_state`) the layer's own is not touched, and the state after the call is
        returned beside the output.
        """
        call = self.run if self.step_mode == "m" else self.step
        if state is not None:
            return call(volts, state)
        out, self.state = call(volts, self.state)
        return out

    def _checked(self, state: State | None, like: torch.Tensor) -> State | None:
        if not state:
            return None
        check_state(state, [(len(p.decay), *like.shape) for p in self._junctions], type(self).__name__)
        return state

    def _driven(self, volts: torch.Tensor) -> torch.Tensor:
        if self._check is not None:
            self._check(volts)
        return volts if self.levels is None else quantised(volts, self.levels, self._junctions[-1].valid)

    def _rule(self) -> Rule:
        slope = self._junctions[0].slope * SURROGATE_SLOPE if self.gradient == "surrogate" else None
        junctions = [
            (p, {name: self.get_buffer(f"{name}_{i}") for name in names})
            for i, (p, names) in enumerate(zip(self._junctions, self._buffers_of, strict=True))
        ]
        return Rule(junctions, self.neurons, self.difference, slope, self.sampled)

    @property
    def parallel_neurons(self) -> int:
        """N."""
        return self.neurons

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is a set pulse; spikes are those of all junctions."""
        pulses = nonzeros(inputs) * self.neurons
        squares = float(inputs.double().square().sum()) * self.neurons
        return Counts(pulses, round(self._spikes(outputs.double()) * self.neurons), squares_V2=squares)

    def _spikes(self, outputs: torch.Tensor) -> float:
        total = float(outputs.sum())
        if not self.difference:
            return total
        # Channels are reference and temporal less reference: the junctions fire 2 r + (t - r).
        return total + float(outputs[:, :, : outputs.shape[2] // 2].sum())

    def extra_repr(self) -> str:
        return f"neurons={self.neurons}, gradient={self.gradient}, step_mode={self.step_mode}"


class StochasticNeuron(MtjLayer):
    """Memoryless stochastic MTJ neuron, Eq. 3. Volts in, mean of N spikes out, same shape. Keywords: `MtjLayer`."""

    billing = Billing("stochastic", "comparator", memory=False)

    def __init__(self, parameters: ThermalNeuronParameters, **options: Any) -> None:
        super().__init__([insensitive(parameters)], **options)


class ThermalNeuron(MtjLayer):
    """Thermally plastic MTJ neuron, Eqs. 4, 5, 12, one or more poles. Volts in, mean of N spikes out, same shape."""

    billing = Billing("thermal", "comparator")

    def __init__(self, parameters: ThermalNeuronParameters, **options: Any) -> None:
        super().__init__([parameters], **options)


class DifferentialNeuron(MtjLayer):
    """Differential block: a reference and a heat-sensitive junction that see the same pulses.

    The first feature axis of the output holds the instantaneous channel (reference spikes, mean of N) and then the
    difference channel (temporal less reference spikes: −1, 0 or +1, mean of N): twice as long as the input's.
    """

    billing = Billing("differential", "differential")

    def __init__(self, device: NeuronDevice, **options: Any) -> None:
        super().__init__([device.reference, device.temporal], difference=True, **options)


def quantised(volts: torch.Tensor, levels: int, valid: tuple[float, float]) -> torch.Tensor:
    """Amplitudes a driver of `levels` equally spaced levels over the valid range can give; 0 (idle) stays 0.

    The gradient passes unchanged (straight through). Raises InputError: fewer than two levels.
    """
    if levels < 2:
        raise InputError("a driver needs two levels", where="levels", found=levels)
    step = (valid[1] - valid[0]) / (levels - 1)
    nearest = (((volts - valid[0]) / step).round().clamp(0, levels - 1)) * step + valid[0]
    nearest = torch.where(volts > 0, nearest, torch.zeros_like(volts))
    return volts + (nearest - volts).detach()


class Drive(nn.Module):
    """Synaptic sums to set amplitudes: V = midpoint + z / slope, so that a memoryless neuron fires with sigmoid(z).

    Gain and offset of the array that drives the neurons are not stated by the source: assumed. Its rails are the ends
    of the range for which the neuron was fitted; a sum beyond them gives the rail.
    """

    def __init__(self, parameters: ThermalNeuronParameters) -> None:
        super().__init__()
        self.midpoint, self.slope, self.rails = parameters.midpoint, parameters.slope, parameters.valid

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Volts of sums of any shape; float32 where those are narrower, which could not hold volts to a millivolt."""
        sums = z.float() if z.dtype in compiled.NARROW else z
        volts = torch.add(sums.new_tensor(self.midpoint), sums, alpha=1 / self.slope)
        return functional.hardtanh(volts, *self.rails)  # as clamp, with a backward pass in one
