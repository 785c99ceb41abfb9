"""IPNet for the cognitive tasks: a two-layer fully connected network whose memory is the heat of its neurons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.layers.device import NeuronDevice
from network.layers.neurons import DifferentialNeuron, Drive, MtjLayer, StochasticNeuron
from network.layers.spread import DeviceSpread
from network.models.encoding import PulseEncoding

DIFFERENCE_GAIN = 1.0  # of the initial weights: one pulse's heat then moves a synaptic sum of a block by about 1

Placement = Literal["input", "hidden", "both"]
PLACEMENTS = ("input", "hidden", "both")


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
    """

    def __init__(
        self, inputs: int, hidden: int, outputs: int, device: NeuronDevice, *, neurons: int = 16,
        hidden_neurons: int = 16, placement: Placement = "input", encoding: PulseEncoding | None = None,
        spread: DeviceSpread | None = None, levels: int | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if placement not in PLACEMENTS:
            raise InputError("unknown placement", where="placement", found=placement, allowed=", ".join(PLACEMENTS))
        self.encode = encoding or PulseEncoding()
        features = None if spread is None else (inputs,)
        shared = {"neurons": neurons, "spread": spread, "features": features, "levels": levels}
        self.input_neurons: MtjLayer = (
            StochasticNeuron(device.temporal, **shared)
            if placement == "hidden"
            else DifferentialNeuron(device, **shared)
        )
        self.input_synapses = nn.Linear(inputs * self.input_neurons.channels, hidden)
        self.drive = Drive(device.temporal)
        self.hidden_neurons: MtjLayer = (
            StochasticNeuron(device.temporal, neurons=hidden_neurons)
            if placement == "input"
            else DifferentialNeuron(device, neurons=hidden_neurons)
        )
        self.output_synapses = nn.Linear(hidden * self.hidden_neurons.channels, outputs)
        _raise_difference(self.input_synapses, self.input_neurons)
        _raise_difference(self.output_synapses, self.hidden_neurons)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) of a task to outputs (time, batch, outputs)."""
        spikes = self.input_neurons(self.encode(x))
        return self.output_synapses(self.hidden_neurons(self.drive(self.input_synapses(spikes))))

    def layer_sizes(self) -> Mapping[str, int]:
        """Neurons of each layer."""
        return {"input": self.input_synapses.in_features, "hidden": self.input_synapses.out_features}


def _raise_difference(synapses: nn.Linear, neurons: MtjLayer) -> None:
    """Start the synapses of a difference channel `DIFFERENCE_GAIN` times stronger.

    One pulse shifts the firing probability by about 0.1, and 25 inputs of a block add to 0.014 with torch's usual
    weights, where the hidden neurons hear nothing of it and training takes ten times as long.
    """
    if neurons.difference:
        with torch.no_grad():
            synapses.weight[:, synapses.in_features // 2 :] *= DIFFERENCE_GAIN
