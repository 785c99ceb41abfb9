"""IPNet for the cognitive tasks: a two-layer fully connected network whose memory is the heat of its neurons."""

from __future__ import annotations

from typing import Literal

import torch
from torch import nn

from ipcircuit.compact.thermal_mtj.neuron import firing_probability
from ipcircuit.errors import InputError
from network.neurons.thermal_mtj.device import DeviceSpread, NeuronDevice
from network.neurons.thermal_mtj.neurons import DifferentialNeuron, Drive, MtjLayer, StochasticNeuron
from network.tasks.task import IDLE, ITEM, READ

ITEM_AMPLITUDE, READ_AMPLITUDE = 0.85, 0.83  # V; Liu et al., Fig. S3: the sequence, and the probe that reads it
# One pulse's heat moves the firing probability by about 0.1. Synapses of the difference channel are 10 times as strong
# as those of the instantaneous one, so that both start on one scale (assumed; the source normalises its deep networks).
DIFFERENCE_GAIN = 10.0

Placement = Literal["input", "hidden", "both"]
PLACEMENTS = ("input", "hidden", "both")
Reference = Literal["junction", "mean"]
REFERENCES = ("junction", "mean")


class PulseEncoding(nn.Module):
    """An item is a set pulse of `item_V`, a read-out one of `read_V`; idle inputs get none and cool.

    The source encodes images as coloured blocks and does not say how a block becomes a voltage: the amplitudes are
    those of its sequence measurement (Fig. S3). A neuron without a pulse cannot fire, so a state is read with a pulse.
    """

    def __init__(self, item_V: float = ITEM_AMPLITUDE, read_V: float = READ_AMPLITUDE) -> None:
        super().__init__()
        if not (item_V > 0 and read_V > 0):
            raise InputError("amplitudes must be positive", where="PulseEncoding", found=(item_V, read_V))
        self.item_V, self.read_V = item_V, read_V

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Volts, shape of `x`."""
        volts = torch.where(x == READ, self.read_V, torch.where(x == ITEM, self.item_V, 0.0)).to(x.dtype)
        if ((x != ITEM) & (x != READ) & (x != IDLE)).any():
            raise InputError(
                "inputs of a task are item, read-out or idle", where="PulseEncoding", allowed=f"{ITEM}, {READ}, {IDLE}"
            )
        return volts

    def extra_repr(self) -> str:
        return f"item_V={self.item_V}, read_V={self.read_V}"


class IPNet(nn.Module):
    """Inputs → neurons → synapses → hidden neurons → synapses → outputs.

    Methods: "the IPNet incorporated neurons at the input layer", and all later layers are heat-insensitive MTJ neurons;
    the main text makes all units but the output plastic. `placement` chooses: ``input`` (Methods), ``hidden`` or
    ``both`` (Fig. S7). A layer that is not plastic holds stochastic neurons.

    Args:
        inputs, hidden, outputs: topology.
        device: junctions of the neurons.
        neurons: N of the input layer. hidden_neurons: N of the hidden layer.
        encoding: amplitudes of item and read pulses.
        spread: device-to-device spread of the input layer.
        reference: what plastic input neurons subtract: the spikes of their reference junctions (``junction``, the
            circuit), or what those fire on average (``mean``): no circuit, but it shows what their noise costs.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        device: NeuronDevice,
        *,
        neurons: int = 32,
        hidden_neurons: int = 32,
        placement: Placement = "input",
        encoding: PulseEncoding | None = None,
        spread: DeviceSpread | None = None,
        levels: int | None = None,
        reference: Reference = "junction",
    ) -> None:
        super().__init__()
        if reference not in REFERENCES:
            raise InputError("unknown reference", where="reference", found=reference, allowed=", ".join(REFERENCES))
        if placement not in PLACEMENTS:
            raise InputError("unknown placement", where="placement", found=placement, allowed=", ".join(PLACEMENTS))
        self.encode = encoding or PulseEncoding()
        self.mean_of = device.reference if reference == "mean" else None
        features = None if spread is None else (inputs,)
        shared = {"neurons": neurons, "spread": spread, "features": features, "levels": levels}
        self.input_neurons: MtjLayer = (
            StochasticNeuron(device.temporal, **shared)
            if placement == "hidden"
            else DifferentialNeuron(device, **shared)
        )
        self.input_synapses = nn.Linear(self.input_neurons.out_features(inputs), hidden)
        self.drive = Drive(device.temporal)
        self.hidden_neurons: MtjLayer = (
            StochasticNeuron(device.temporal, neurons=hidden_neurons)
            if placement == "input"
            else DifferentialNeuron(device, neurons=hidden_neurons)
        )
        self.output_synapses = nn.Linear(self.hidden_neurons.out_features(hidden), outputs)
        self.register_buffer("input_scales", _scales(self.input_neurons, inputs), persistent=False)
        self.register_buffer("hidden_scales", _scales(self.hidden_neurons, hidden), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) of a task to outputs (time, batch, outputs)."""
        volts = self.encode(x)
        spikes = self.input_neurons(volts)
        if self.mean_of is not None and self.input_neurons.difference:
            reference, difference = spikes.chunk(2, -1)
            mean = firing_probability(self.mean_of, volts.new_zeros(1), volts)
            spikes = torch.cat((reference, difference + reference - mean), -1)
        spikes = spikes * self.get_buffer("input_scales")
        hidden = self.hidden_neurons(self.drive(self.input_synapses(spikes)))
        return self.output_synapses(hidden * self.get_buffer("hidden_scales"))


def _scales(neurons: MtjLayer, inputs: int) -> torch.Tensor:
    """Factor of every output of a layer: `DIFFERENCE_GAIN` for a difference channel, else 1."""
    scales = torch.ones(neurons.out_features(inputs))
    if neurons.difference:
        scales[inputs:] = DIFFERENCE_GAIN
    return scales
