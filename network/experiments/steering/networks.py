"""Small networks for steering: a memory at the sensor, behind the first convolution, or behind all features.

All see with two convolutions with batch normalisation and ReLU, frame by frame, and answer from the last frame: they
train in half a minute, and the memory's neurons are the only random ones. `place` says where the memory is:

- ``input``: every pixel and polarity is a neuron, an event is a pulse (the source's best).
- ``stem``: the channels of the first convolution.
- ``features``: 49 neurons behind a fully connected layer, and a fully connected layer behind them. This is the network
  of the source's experiment with devices (Liu et al., Methods, "Experimental settings for hardware-in-the-loop"), with
  this backbone in place of IPNet18's.
- ``pixels``: as ``input``, but only the 7 x 7 pixels in the middle, without their polarity: 49 neurons again.

Behind synapses, sums that ask for less than the lowest amplitude for which the neuron is known make no pulse: that
neuron cools.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any

import torch
from pydantic import Field
from torch import nn

from ipcircuit.errors import InputError
from network.models.frames import OverTime
from network.models.ipnet import DIFFERENCE_GAIN, READ_AMPLITUDE
from network.models.memory import JUNCTION, JUNCTION_OPTIONS, junctions_of
from network.models.model import PARAMETERS, Model, ParameterValues
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive
from network.tasks.steering import Steering
from network.training.settings import Settings

UNITS, REPEATS = 49, 32  # Methods: neurons of the memory; runs of each that are averaged
# Of the normalised synaptic sums before training, in units of the firing curve's width: amplitudes from nothing to the
# upper rail, few of them at the midpoint. With a standard deviation of 4 a network learnt less from its neurons' heat.
SWING, OFFSET = 10.0, -8.0
PLACES = ("input", "stem", "features", "pixels")


def stage(inputs: int, outputs: int) -> OverTime:
    """A convolution that halves the picture."""
    return OverTime(nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def backbone(channels: int, size: int, width: int) -> tuple[nn.Sequential, int]:
    """Frames (time, batch, channels, size, size) to features (time, batch, n), each frame by itself; and n."""
    layers = nn.Sequential(stage(channels, width), stage(width, 2 * width), nn.Flatten(2))
    return layers, 2 * width * (-(-size // 4)) ** 2


class SynapticDrive(nn.Module):
    """Synaptic sums, normalised, as amplitudes, V; 0 is no pulse.

    Args:
        synapses: sums (time, batch, units, ...).
        normalise: batch normalisation of them.
        device: junctions that are driven.
    """

    def __init__(self, synapses: nn.Module, normalise: nn.BatchNorm1d | nn.BatchNorm2d, device: NeuronDevice) -> None:
        super().__init__()
        nn.init.constant_(normalise.weight, SWING)
        nn.init.constant_(normalise.bias, OFFSET)
        self.synapses, self.normalise = synapses, OverTime(normalise)
        self.drive = Drive(device.temporal)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Amplitudes of what the synapses take."""
        volts = self.drive(self.normalise(self.synapses(inputs)))
        return torch.where(volts > self.drive.rails[0], volts, torch.zeros_like(volts))


class EventDrive(nn.Module):
    """A pulse of the read amplitude for every pixel and polarity with an event."""

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Amplitudes, V, of the frames' shape."""
        return torch.where(frames > 0, READ_AMPLITUDE, 0.0).to(frames.dtype)


class LastFrame(nn.Module):
    """Layers that take frames, on the last one alone: (batch, ...) to (batch, 1)."""

    def __init__(self, layers: nn.Module, features: int) -> None:
        super().__init__()
        self.layers, self.output_synapses = layers, nn.Linear(features, 1)

    def forward(self, rates: torch.Tensor) -> torch.Tensor:
        """Rates of neurons at pixels, (batch, channels, height, width)."""
        return self.output_synapses(self.layers(rates.unsqueeze(0))[0])


class PixelDrive(nn.Module):
    """A pulse of the read amplitude for every pixel in the middle of the picture that has an event of either sign."""

    def __init__(self, size: int, side: int) -> None:
        super().__init__()
        if side > size:
            raise InputError("more neurons than pixels", where="units", found=side**2, allowed=f"up to {size**2}")
        first = (size - side) // 2
        self.window = slice(first, first + side)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Amplitudes (time, batch, side²), V, of frames (time, batch, channels, size, size)."""
        events = frames[..., self.window, self.window].sum(2).flatten(2)
        return torch.where(events > 0, READ_AMPLITUDE, 0.0).to(frames.dtype)


def _pixel_layers(side: int, width: int) -> tuple[nn.Module, int]:
    """Layers that read the rates (1, batch, 2 side²) of neurons at pixels, and how many features they give."""

    def convolution(inputs: int, kernel: tuple[int, int], padding: int) -> OverTime:
        layer = nn.Conv2d(inputs, 4 * width, kernel, padding=padding, bias=False)
        return OverTime(layer, nn.BatchNorm2d(4 * width), nn.ReLU())

    layers = (convolution(2, (3, 5), 1), convolution(4 * width, (3, 3), 0))
    return nn.Sequential(nn.Unflatten(2, (2, side, side)), *layers, nn.Flatten(2)), 4 * width * (side - 2) * (side - 4)


class DeviceMemoryNet(nn.Module):
    """Network whose memory is a layer of differential neurons, which an experiment can play on a bench of junctions.

    Args:
        front: amplitudes (time, batch, units, ...), V, of frames.
        back: outputs (batch, 1) of the last frame's rates (batch, 2 x units, ...).
        device: junctions of the neurons, kept as `nominal`.
        neurons: repeats that are averaged.
    """

    def __init__(self, front: nn.Module, back: nn.Module, device: NeuronDevice, neurons: int) -> None:
        super().__init__()
        self.nominal = device
        self.front, self.back = front, back
        self.memory = DifferentialNeuron(device, neurons=neurons)

    def volts(self, frames: torch.Tensor) -> torch.Tensor:
        """Set amplitudes (time, batch, units, ...), V, of frames (time, batch, channels, size, size)."""
        return self.front(frames)

    def read(self, rates: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of the last frame's rates (batch, 2 x units, ...): reference, temporal less reference."""
        reference, difference = rates.chunk(2, 1)
        return self.back(torch.cat((reference, DIFFERENCE_GAIN * difference), 1))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of frames (time, batch, channels, size, size)."""
        return self.read(self.memory(self.volts(frames))[-1])


class RecurrentNet(nn.Module):
    """The same with a recurrent layer for a memory: of the features, or of the pixels' events."""

    def __init__(self, front: nn.Module, memory: nn.LSTM | nn.GRU) -> None:
        super().__init__()
        self.front, self.memory = front, memory
        self.output_synapses = nn.Linear(memory.hidden_size, 1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of frames (time, batch, channels, size, size)."""
        return self.output_synapses(self.memory(self.front(frames))[0][-1])


def _side(units: int) -> int:
    side = math.isqrt(units)
    if side**2 != units or side < 5:
        raise InputError("not a square of pixels", where="units", found=units, allowed="25, 36, 49, …")
    return side


def _checked(task: object, place: str, allowed: tuple[str, ...]) -> Steering:
    if not isinstance(task, Steering):
        raise InputError("takes the task steering only", where="network for steering", found=type(task).__name__)
    if place not in allowed:
        raise InputError("no such place of the memory", where="place", found=place, allowed=", ".join(allowed))
    return task


def _device_memory(task: object, options: Mapping[str, Any], *, plastic: bool = True) -> nn.Module:
    place, width, units = options["place"], options["width"], options["units"]
    chosen, device = _checked(task, place, PLACES), junctions_of(options)
    channels, size = chosen.channels, chosen.size
    if place == "pixels":
        front, back = PixelDrive(size, side := _side(units)), LastFrame(*_pixel_layers(side, width))
    elif place == "input":
        front, back = EventDrive(), LastFrame(*backbone(2 * channels, size, width))
    elif place == "stem":
        synapses = OverTime(nn.Conv2d(channels, width, 5, 2, 2, bias=False))
        front = SynapticDrive(synapses, nn.BatchNorm2d(width), device)
        layers = nn.Sequential(stage(2 * width, 2 * width), nn.Flatten(2))
        back = LastFrame(layers, 2 * width * (-(-size // 4)) ** 2)
    else:
        layers, features = backbone(channels, size, width)
        synapses = nn.Sequential(layers, nn.Linear(features, units))
        front, back = SynapticDrive(synapses, nn.BatchNorm1d(units), device), nn.Linear(2 * units, 1)
    return DeviceMemoryNet(front, back, device if plastic else device.without_plasticity(), options["neurons"])


def _recurrent(
    task: object, options: Mapping[str, Any], *, kind: Callable[[int, int], nn.LSTM | nn.GRU] = nn.LSTM
) -> nn.Module:
    place, units = options["place"], options["units"]
    chosen = _checked(task, place, ("features", "pixels"))
    if place == "pixels":
        return RecurrentNet(PixelDrive(chosen.size, _side(units)), kind(units, units))
    front, features = backbone(chosen.channels, chosen.size, options["width"])
    return RecurrentNet(front, kind(features, units))


_FULL = Settings(400, 64, 0.005, evaluate_every=200, trials=1200, expected_share=0.3)  # Methods: 1200 test frames
_QUICK = replace(_FULL, steps=150, evaluate_every=150)
_KINDS = {"width": Annotated[int, Field(ge=1, le=512)], "units": Annotated[int, Field(ge=1, le=4096)]}
_SHARED = {"place": "features", "width": 8, "units": UNITS}
DEVICE_MEMORY = Model(
    "ipnet_small",
    _device_memory,
    _FULL,
    _QUICK,
    form="frames",
    options={**_SHARED, "place": "input", "neurons": REPEATS, **JUNCTION_OPTIONS},
    kinds={**_KINDS, "neurons": Annotated[int, Field(ge=1, le=4096)], PARAMETERS: ParameterValues},
    device=JUNCTION,
)
NO_MEMORY = replace(DEVICE_MEMORY, name="ablated_small", build=partial(_device_memory, plastic=False))
RECURRENT = Model("lstm_small", _recurrent, _FULL, _QUICK, form="frames", options=_SHARED, kinds=_KINDS, digital=True)
GATED = replace(RECURRENT, name="gru_small", build=partial(_recurrent, kind=nn.GRU))
