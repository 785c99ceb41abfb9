"""Network layer: the compact model under input currents, with its phase as state."""

from __future__ import annotations

import torch

from axon_hillock_cmos.compact import CompactNeuron
from axon_hillock_cmos.testbench import TESTBENCH
from network.neurons.billing import Billing, Counts
from network.neurons.stepping import StepMode, SteppedLayer, check_finite, check_shape, check_state


class AxonHillockLayer(SteppedLayer):
    """Axon-hillock neurons: input 0 to 1 is a current from 0 to `full_scale_A`, output the spikes of a step.

    Input of shape (time, batch, *features), or (batch, *features) with ``step_mode="s"``; other inputs are clipped.
    Spikes are whole numbers; the gradient is that of the phase (straight through).

    Args:
        neuron: the compact model; default: that of the circuit as designed.
        full_scale_A: current of an input of 1, A.
        dt: time of a step, s.
    """

    billing = Billing("axon_hillock", "axon_hillock_cmos", "spike")
    parallel_neurons = 1

    def __init__(
        self,
        neuron: CompactNeuron = TESTBENCH.compact,
        full_scale_A: float = 80e-9,
        dt: float = 2e-6,
        step_mode: StepMode = "m",
    ) -> None:
        super().__init__(step_mode)
        self.neuron, self.full_scale_A, self.dt = neuron, full_scale_A, dt

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        several = self.step_mode == "m"
        check_shape(x, multi_step=several, where="AxonHillockLayer")
        check_finite(x, "AxonHillockLayer")
        currents = self.full_scale_A * (x if several else x.unsqueeze(0)).clamp(0, 1)
        phase = torch.zeros_like(currents[0]) if self.state is None else self.state
        check_state([phase], [tuple(currents.shape[1:])], "AxonHillockLayer")
        spikes = []
        for current in currents:
            whole, rest = self.neuron.step(phase, current, self.dt)
            phase = rest.detach()  # a turn counts once, in the step in which its current flows
            spikes.append(whole + rest - phase)
        self.state = phase
        return torch.stack(spikes) if several else spikes[0]

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """One operation of the circuit is one spike."""
        spikes = round(float(outputs.double().sum()))
        return Counts(spikes, spikes)
