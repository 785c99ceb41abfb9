"""Layers of the networks for event frames: the layer with the memory at any depth, normalisation, readouts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable
from torch.nn import functional

from network.models.frames import OverTime, RateReadout
from network.models.ipnet import READ_AMPLITUDE
from network.neurons.lif import LIFNeuron
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, StochasticNeuron

EVENT_AMPLITUDE = READ_AMPLITUDE  # V; the pulse trains whose every pulse heats and is read (Methods, Fig. S4)

GAIN, OFFSET = 3.0, -3.0  # of normalised sums at the start: without input a neuron fires in 5 % of its steps (assumed)
DIFFERENCE_GAIN = 3.0  # of the difference channel; its noise would drown the other at the small IPNet's 10 (assumed)
MOMENTUM = 0.1  # of the running mean square, as batch normalisation has it


class RMSNorm(nn.Module):
    """x / RMS(x) times a weight, plus an offset, per channel.

    The source has RMS normalisation in place of batch normalisation and does not say over what. Here the RMS is over
    batch, time and space in training, and a running one afterwards: then it is a fixed factor that the synapses hold,
    where an RMS over each frame would have to be computed beside them. (Over frames, or over the channels of each
    pixel, the networks did not learn the order of time at all in the same number of steps.) The offset is the synaptic
    bias that normalisation would otherwise leave out.
    """

    mean_square: torch.Tensor

    def __init__(self, channels: int, eps: float = 1e-5) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), GAIN))
        self.bias = nn.Parameter(torch.full((channels,), OFFSET))
        self.register_buffer("mean_square", torch.ones(channels))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, channels, height, width) in and out; float32 where the input is narrower."""
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        if not self.training:
            return _scaled(x, self.weight * torch.rsqrt(self.mean_square + self.eps), self.bias)
        y, square = _Normalised.apply(x, self.weight, self.bias, self.eps)  # pyright: ignore[reportGeneralTypeIssues]
        with torch.no_grad():
            self.mean_square.lerp_(square.to(self.mean_square), MOMENTUM)
        return y


class _Normalised(torch.autograd.Function):
    """x / RMS(x) times a weight plus an offset, and the mean square: few passes over x, and x alone is kept."""

    @staticmethod
    def forward(
        ctx: Any, x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, eps: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        square = x.square().mean((0, 2, 3))
        inverse = torch.rsqrt(square + eps)
        ctx.save_for_backward(x, weight, inverse)
        ctx.mark_non_differentiable(square)
        return _scaled(x, weight * inverse, bias), square

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        x, weight, inverse = ctx.saved_tensors
        wanted = gradients[0]
        slope = (wanted * x).sum((0, 2, 3)) * inverse  # of the loss by the weight
        share = slope * weight * inverse.square() * (x.shape[1] / x.numel())
        to_x = (wanted * _channels(weight * inverse)).addcmul_(x, _channels(share), value=-1)
        return to_x, slope, wanted.sum((0, 2, 3)), None


def _scaled(x: torch.Tensor, scale: torch.Tensor, offset: torch.Tensor) -> torch.Tensor:
    return torch.addcmul(_channels(offset), x, _channels(scale))


def _channels(values: torch.Tensor) -> torch.Tensor:
    return values.reshape(1, -1, 1, 1)


class CentredConvolution(nn.Conv2d):
    """Convolution whose filters sum to zero: RMS normalisation leaves the mean firing of the inputs in, and it would
    drown what the filters see."""

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)
        return functional.conv2d(input, weight, None, self.stride, self.padding)


def rms_normalised(inputs: int, outputs: int, kernel: int, stride: int) -> OverTime:
    """Centred convolution without bias, and `RMSNorm`."""
    convolution = CentredConvolution(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return OverTime(convolution, RMSNorm(outputs))


class EventEncoding(nn.Module):
    """A pixel with an event in a frame gets one set pulse of `event_V`, whatever their number; all others cool."""

    def __init__(self, event_V: float = EVENT_AMPLITUDE) -> None:
        super().__init__()
        self.event_V = event_V

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Volts of event counts (time, batch, channels, height, width)."""
        return torch.where(frames > 0, self.event_V, 0.0).to(frames.dtype)


class Balanced(nn.Module):
    """Differential neurons, their difference channel times `DIFFERENCE_GAIN`."""

    def __init__(self, neurons: DifferentialNeuron) -> None:
        super().__init__()
        self.neurons = neurons

    def forward(self, volts: torch.Tensor) -> torch.Tensor:
        """(time, batch, channels, ...) to (time, batch, 2 channels, ...)."""
        reference, difference = self.neurons(volts).chunk(2, 2)
        return torch.cat((reference, DIFFERENCE_GAIN * difference), 2)


class InputLIF(nn.Module):
    """LIF neurons in place of the layer with the memory: an event adds `gain` to its pixel's membrane."""

    def __init__(self, tau: float, gain: float) -> None:
        super().__init__()
        self.gain, self.neurons = gain, LIFNeuron(tau, checked=False)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Spikes of event counts, of the same shape."""
        return self.neurons(self.gain * (frames > 0).to(frames.dtype))


class Projection(nn.Module):
    """Mean over space and synapses between the features and the neurons before the readout."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.synapses = nn.Linear(inputs, outputs)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(time, batch, inputs, height, width) to (time, batch, outputs)."""
        return self.synapses(features.mean((3, 4)))


def memory_layer(
    position: str, channels: int, device: NeuronDevice, neurons: int, event_V: float, units: int | None = None
) -> tuple[nn.Module, int]:
    """The layer with the memory at a position of a `ResNet`, and its channels.

    At the input an event is a pulse; in the stem the neurons get the synapses' sums like all others; behind a stage
    its output is normalised first; before the readout `units` neurons (default: one per feature) get their own
    synapses, as in the source's experiment with devices.
    """
    plastic = DifferentialNeuron(device, neurons=neurons, checked=False)
    layer, features = Balanced(plastic), plastic.out_features(channels)
    if position == "input":
        return nn.Sequential(EventEncoding(event_V), layer), features
    drive = Drive(device.temporal)
    if position == "stem":
        return nn.Sequential(drive, layer), features
    if position == "output":
        units = units or channels
        return nn.Sequential(Projection(channels, units), drive, layer), plastic.out_features(units)
    return nn.Sequential(OverTime(RMSNorm(channels)), drive, layer), features


def static_neurons(device: NeuronDevice, neurons: int = 1) -> nn.Module:
    """Memoryless stochastic neurons behind their drive."""
    return nn.Sequential(Drive(device.temporal), StochasticNeuron(device.temporal, neurons=neurons, checked=False))


class LastReadout(nn.Linear):
    """Linear readout of the last step's features, averaged over space if there is any left."""

    def weighed(self, input: torch.Tensor) -> torch.Tensor:
        """The step whose spikes meet the weights."""
        return input[-1:]

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        """(time, batch, inputs, ...) to (batch, outputs)."""
        last = input[-1]
        return super().forward(last.flatten(2).mean(2) if last.dim() > 2 else last)


class RecurrentReadout(nn.Module):
    """One recurrent layer over the features, averaged over space if there is any left, and a linear readout of it.

    Args:
        kind: ``LSTM``, ``GRU`` or ``RNN`` of torch, one layer.
        last: read out the last step; else the mean over the steps.
    """

    def __init__(self, kind: Callable[[int, int], Any], inputs: int, hidden: int, outputs: int, *, last: bool) -> None:
        super().__init__()
        self.memory, self.readout, self.last = kind(inputs, hidden), nn.Linear(hidden, outputs), last

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """(time, batch, inputs, …) to (batch, outputs)."""
        hidden = self.memory(features.mean((3, 4)) if features.dim() > 3 else features)[0]
        return self.readout(hidden[-1] if self.last else hidden.mean(0))


def readout(inputs: int, outputs: int, *, last: bool, spatial: bool) -> nn.Module:
    """Linear readout: of the last step, or of the mean over steps; `spatial`: there is a height and a width."""
    if last:
        return LastReadout(inputs, outputs)
    return RateReadout(inputs, outputs, (0, 3, 4) if spatial else (0,))
