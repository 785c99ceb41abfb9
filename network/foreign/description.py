"""What a neuron of any tool does in one time step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch

Value = float | torch.Tensor  # of all neurons of a layer, or one for each
Reset = Literal["zero", "subtract", "none"]
TimeAxis = Literal["single", "multi"]


@dataclass(frozen=True, eq=False)
class NeuronDescription:
    """A layer of neurons, as one time step changes it.

    With the input x, the synaptic current i, the membrane v and the spike s, a step is

        i ← synaptic_decay · i + synaptic_gain · x       (i = x where synaptic_decay is None)
        h = rest + decay · (v − rest) + input_gain · i
        s = 1 where h > threshold (h ≥ threshold if `inclusive`)
        v ← reset_value where s (`zero`), h − s · threshold (`subtract`), or h (`none`)

    Attributes:
        framework: the tool: spikingjelly, snntorch, norse, nir, ipcircuit, torch.
        kind: IF, LIF, PLIF, CubaLIF, LI, CubaLI, ReLU, …; the class' name where its equation is another one.
        class_name: of the module.
        spiking: whether it gives spikes; leaky integrators and ReLU give numbers.
        decay, input_gain, rest, threshold, synaptic_decay, synaptic_gain: of the equations above. Decay is None where
            the equations do not hold, threshold where nothing spikes at one.
        reset, reset_value: what a spike does to the membrane.
        reset_delayed: `subtract` acts after the next step's decay, so that the decay does not shrink it (snnTorch).
        inclusive: whether a membrane that just meets the threshold spikes.
        refractory_steps: steps after a spike in which the membrane stays at `reset_value` and inputs are lost.
        adaptation: whether spikes move the threshold or drive a slow current.
        recurrent: whether the module holds weights from its own spikes to itself.
        graded: factor on the spikes where it is not 1.
        dt_s: length of a step, in seconds, where the module knows it.
        trainable: names of what training may change, of the neuron itself.
        unsupported: what these equations leave out, in words.
    """

    framework: str
    kind: str
    class_name: str
    spiking: bool = True
    decay: Value | None = None
    input_gain: Value = 1.0
    rest: Value = 0.0
    threshold: Value | None = 1.0
    synaptic_decay: Value | None = None
    synaptic_gain: Value = 1.0
    reset: Reset = "zero"
    reset_value: Value = 0.0
    reset_delayed: bool = False
    inclusive: bool = False
    refractory_steps: float = 0.0
    adaptation: bool = False
    recurrent: bool = False
    graded: Value | None = None
    dt_s: float | None = None
    trainable: tuple[str, ...] = ()
    unsupported: tuple[str, ...] = ()

    @property
    def leaky(self) -> bool:
        """Whether the membrane forgets."""
        return self.decay is not None and bool((torch.as_tensor(self.decay) < 1).any())

    @property
    def memory(self) -> bool:
        """Whether anything is kept from step to step."""
        return self.decay is None or bool((torch.as_tensor(self.decay) != 0).any()) or self.synaptic_decay is not None

    @property
    def tau_steps(self) -> Value | None:
        """Time constant of the membrane in steps, −1 / ln(decay): infinite without a leak, None without a decay."""
        if self.decay is None:
            return None
        decay = torch.as_tensor(self.decay, dtype=torch.float64)
        tau = torch.where(decay <= 0, 0.0, -1 / torch.log(decay.clamp(1e-300, 1)).clamp(max=-1e-300))
        tau = torch.where(decay >= 1, torch.inf, tau)
        return float(tau) if tau.numel() == 1 else tau


def value_of(value: object) -> Value:
    """A number of a module: a float where one holds for all neurons, else a detached tensor of float64."""
    tensor = torch.as_tensor(value).detach().to("cpu", torch.float64)
    return float(tensor) if tensor.numel() == 1 else tensor.clone()


def trainable_among(module: torch.nn.Module, names: tuple[str, ...]) -> tuple[str, ...]:
    """Those of a module's own parameters with these names that take a gradient."""
    return tuple(name for name, parameter in module.named_parameters() if name in names and parameter.requires_grad)
