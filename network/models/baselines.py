"""The networks that IPNet is compared with: an LSTM and LIF neurons, of the same topology."""

from __future__ import annotations

import torch
from torch import nn

from network.neurons.lif import LIFNeuron
from network.neurons.thermal_mtj.device import NeuronDevice
from network.neurons.thermal_mtj.neurons import Drive, StochasticNeuron

LIF_GAIN = 2.0  # input of an item; H = 2 / tau reaches the threshold of 1 in one step with tau = 2 (assumed)


class LSTMNet(nn.Module):
    """One recurrent layer of `hidden` units that gets the inputs directly (Methods), and a linear output.

    The forget gates start at a bias of 1 (common practice; assumed).
    """

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.memory = nn.LSTM(inputs, hidden)
        self.output_synapses = nn.Linear(hidden, outputs)
        with torch.no_grad():
            self.memory.get_parameter("bias_ih_l0")[hidden : 2 * hidden].fill_(1.0)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) to outputs (time, batch, outputs)."""
        return self.output_synapses(self.memory(x)[0])


class LIFNet(nn.Module):
    """LIF neurons at the input layer, memoryless stochastic hidden neurons as in IPNet.

    An item drives its neuron across the threshold at once, which resets it: no trace is left under this encoding.
    `leaky_hidden` puts LIF neurons in the hidden layer too: their membranes integrate over steps.
    """

    def __init__(
        self,
        inputs: int,
        hidden: int,
        outputs: int,
        device: NeuronDevice,
        *,
        hidden_neurons: int = 32,
        leaky_hidden: bool = False,
        tau: float = 2.0,
        gain: float = LIF_GAIN,
    ) -> None:
        super().__init__()
        self.gain = gain
        self.input_neurons = LIFNeuron(tau)
        self.input_synapses = nn.Linear(inputs, hidden)
        drive, stochastic = Drive(device.temporal), StochasticNeuron(device.temporal, neurons=hidden_neurons)
        self.hidden_neurons = LIFNeuron(tau) if leaky_hidden else nn.Sequential(drive, stochastic)
        self.output_synapses = nn.Linear(hidden, outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Inputs (time, batch, inputs) to outputs (time, batch, outputs)."""
        spikes = self.input_neurons(self.gain * x)
        return self.output_synapses(self.hidden_neurons(self.input_synapses(spikes)))
