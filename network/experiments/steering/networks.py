"""Networks of the hardware experiment: a memory of 49 units before or behind the layers that see.

``features`` is the source's (Liu et al., Methods, "Experimental settings for hardware-in-the-loop"): a convolutional
backbone frame by frame, a fully connected layer, the memory, a fully connected layer, the angle of the last frame. The
backbone here is two convolutions with batch normalisation and ReLU (the source's is IPNet18's), so that it runs in
seconds and the memory's neurons are the only random ones. Sums that ask for less than the lowest amplitude for which
the neuron is known make no pulse: that neuron cools.

``pixels`` puts the memory where the source says it works best, at the sensor: the 49 neurons are the 7 x 7 pixels in
the middle of the picture, an event is a pulse, and two convolutions read their rates.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, Literal

import torch
from pydantic import Field
from torch import nn

from ipcircuit.errors import InputError
from network.models.frames import OverTime
from network.models.ipnet import DIFFERENCE_GAIN, READ_AMPLITUDE
from network.models.model import Model
from network.neurons.thermal_mtj.device import DEVICES, NeuronDevice, load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive
from network.tasks.steering import Steering
from network.training.settings import Settings

UNITS, REPEATS = 49, 32  # Methods: neurons of the memory; runs of each that are averaged
# Of the normalised synaptic sums before training, in units of the firing curve's width: amplitudes from nothing to the
# upper rail, few of them at the midpoint. With a standard deviation of 4 a network learnt less from its neurons' heat.
SWING, OFFSET = 10.0, -8.0
Place = Literal["features", "pixels"]


class Backbone(nn.Sequential):
    """Features (time, batch, `features`) of frames (time, batch, channels, size, size), each frame by itself."""

    def __init__(self, channels: int, size: int, width: int) -> None:
        def stage(inputs: int, outputs: int) -> OverTime:
            convolution = nn.Conv2d(inputs, outputs, 5, 2, 2, bias=False)
            return OverTime(convolution, nn.BatchNorm2d(outputs), nn.ReLU())

        super().__init__(stage(channels, width), stage(width, 2 * width), nn.Flatten(2))
        self.features = 2 * width * (-(-size // 4)) ** 2


class FeatureDrive(nn.Module):
    """Amplitudes (time, batch, units), V, from the features of frames; 0 is no pulse."""

    def __init__(self, channels: int, size: int, width: int, units: int, device: NeuronDevice) -> None:
        super().__init__()
        self.backbone = Backbone(channels, size, width)
        self.synapses = nn.Linear(self.backbone.features, units)
        normalise = nn.BatchNorm1d(units)
        nn.init.constant_(normalise.weight, SWING)
        nn.init.constant_(normalise.bias, OFFSET)
        self.normalise = OverTime(normalise)
        self.drive = Drive(device.temporal)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Frames (time, batch, channels, size, size)."""
        volts = self.drive(self.normalise(self.synapses(self.backbone(frames))))
        return torch.where(volts > self.drive.rails[0], volts, torch.zeros_like(volts))


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


class PixelReadout(nn.Module):
    """Two convolutions and a linear layer that read neurons at pixels."""

    def __init__(self, side: int, width: int) -> None:
        def stage(inputs: int, kernel: tuple[int, int], padding: int) -> OverTime:
            convolution = nn.Conv2d(inputs, 4 * width, kernel, padding=padding, bias=False)
            return OverTime(convolution, nn.BatchNorm2d(4 * width), nn.ReLU())

        super().__init__()
        self.side = side
        self.layers = nn.Sequential(stage(2, (3, 5), 1), stage(4 * width, (3, 3), 0))
        self.output_synapses = nn.Linear(4 * width * (side - 2) * (side - 4), 1)

    def forward(self, rates: torch.Tensor) -> torch.Tensor:
        """Output (batch, 1) of rates (batch, 2 x side²)."""
        maps = rates.reshape(1, len(rates), 2, self.side, self.side)
        return self.output_synapses(self.layers(maps)[0].flatten(1))


class DeviceMemoryNet(nn.Module):
    """Network whose memory is a layer of differential neurons, which the experiment plays on a bench of junctions.

    Args:
        front: amplitudes (time, batch, units), V, of frames.
        back: outputs (batch, 1) of the last frame's rates (batch, 2 x units).
        device: junctions of the neurons, kept as `nominal`.
        units, neurons: of the memory; repeats that are averaged.
    """

    def __init__(self, front: nn.Module, back: nn.Module, device: NeuronDevice, units: int, neurons: int) -> None:
        super().__init__()
        self.nominal = device
        self.front, self.back = front, back
        self.memory = DifferentialNeuron(device, neurons=neurons)
        scales = torch.ones(2 * units)
        scales[units:] = DIFFERENCE_GAIN
        self.register_buffer("scales", scales, persistent=False)

    def volts(self, frames: torch.Tensor) -> torch.Tensor:
        """Set amplitudes (time, batch, units), V, of frames (time, batch, channels, size, size)."""
        return self.front(frames)

    def read(self, rates: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of the last frame's rates (batch, 2 x units): reference, and temporal less reference."""
        return self.back(rates * self.get_buffer("scales"))

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of frames (time, batch, channels, size, size)."""
        return self.read(self.memory(self.volts(frames))[-1])


class RecurrentNet(nn.Module):
    """The same with an LSTM for a memory: of the features, or of the pixels' events."""

    def __init__(self, front: nn.Module, inputs: int, units: int) -> None:
        super().__init__()
        self.front = front
        self.memory = nn.LSTM(inputs, units)
        self.output_synapses = nn.Linear(units, 1)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Outputs (batch, 1) of frames (time, batch, channels, size, size)."""
        return self.output_synapses(self.memory(self.front(frames))[0][-1])


def _side(units: int) -> int:
    side = math.isqrt(units)
    if side**2 != units or side < 5:
        raise InputError("not a square of pixels", where="units", found=units, allowed="25, 36, 49, …")
    return side


def _checked(task: object, place: str) -> Steering:
    if not isinstance(task, Steering):
        raise InputError("takes the task steering only", where="network of 49 units", found=type(task).__name__)
    if place not in ("features", "pixels"):
        raise InputError("no such place of the memory", where="place", found=place, allowed="features, pixels")
    return task


def _device_memory(task: object, options: Mapping[str, Any], *, plastic: bool = True) -> nn.Module:
    chosen, width, units = _checked(task, options["place"]), options["width"], options["units"]
    device = load_device(options["device"])
    if options["place"] == "pixels":
        side = _side(units)
        front, back = PixelDrive(chosen.size, side), PixelReadout(side, width)
    else:
        front = FeatureDrive(chosen.channels, chosen.size, width, units, device)
        back = nn.Linear(2 * units, 1)
    used = device if plastic else device.without_plasticity()
    return DeviceMemoryNet(front, back, used, units, options["neurons"])


def _recurrent(task: object, options: Mapping[str, Any]) -> nn.Module:
    chosen, units = _checked(task, options["place"]), options["units"]
    if options["place"] == "pixels":
        return RecurrentNet(PixelDrive(chosen.size, _side(units)), units, units)
    front = Backbone(chosen.channels, chosen.size, options["width"])
    return RecurrentNet(front, front.features, units)


_FULL = Settings(1000, 64, 0.005, evaluate_every=500, trials=1200, expected_share=0.3)  # Methods: 1200 test frames
_QUICK = replace(_FULL, steps=300, evaluate_every=300)
_KINDS = {"width": Annotated[int, Field(ge=1, le=512)], "units": Annotated[int, Field(ge=1, le=4096)]}
_SHARED = {"place": "features", "width": 8, "units": UNITS}
DEVICE_MEMORY = Model(
    "ipnet49",
    _device_memory,
    _FULL,
    _QUICK,
    form="frames",
    options={**_SHARED, "neurons": REPEATS, "device": DEVICES[0]},
    kinds={**_KINDS, "neurons": Annotated[int, Field(ge=1, le=4096)]},
)
NO_MEMORY = replace(DEVICE_MEMORY, name="ablated49", build=partial(_device_memory, plastic=False))
RECURRENT = Model("lstm49", _recurrent, _FULL, _QUICK, form="frames", options=_SHARED, kinds=_KINDS, digital=True)
