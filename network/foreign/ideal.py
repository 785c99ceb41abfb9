"""The layer of neurons that a description describes."""

from __future__ import annotations

import torch

from ipcircuit.errors import InputError
from network.foreign.description import NeuronDescription, Value
from network.neurons.lif import Spike
from network.neurons.stepping import StepMode, SteppedLayer, check_shape, check_state

_VALUES = ("decay", "input_gain", "rest", "threshold", "synaptic_decay", "synaptic_gain", "reset_value", "graded")


class DescribedNeuron(SteppedLayer):
    """The equations of a `NeuronDescription`, step by step; (time, batch, *features) in and out, or one step.

    Values of single neurons have the features' shape. The surrogate gradient of a spike is an arctangent.

    Raises InputError: the equations are not those of the description's neuron (`unsupported`), or it has no decay.
    """

    def __init__(self, description: NeuronDescription, step_mode: StepMode = "m") -> None:
        super().__init__(step_mode)
        if description.decay is None or description.unsupported:
            reason = "; ".join(description.unsupported) or "it has no decay"
            raise InputError(f"cannot be computed from its description: {reason}", where=description.class_name)
        self.description = description
        for name in _VALUES:
            value: Value | None = getattr(description, name)
            tensor = None if value is None else torch.as_tensor(value, dtype=torch.get_default_dtype())
            self.register_buffer(f"_{name}", tensor, persistent=False)

    @property
    def shape(self) -> tuple[int, ...] | None:
        """The features' shape where single neurons have values of their own; else None: any."""
        shapes = {tuple(buffer.shape) for buffer in self.buffers() if buffer.dim()}
        return max(shapes, key=len) if shapes else None

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Spikes, or membranes where the neuron does not spike."""
        several = self.step_mode == "m"
        check_shape(x, multi_step=several, where=self.description.class_name)
        steps = x if several else x.unsqueeze(0)
        shape = steps.shape[1:]
        if self.state is None:
            zeros = torch.zeros_like(steps[0])
            self.state = [zeros + self._of("rest"), zeros, zeros, zeros]
        check_state(self.state, [tuple(shape)] * 4, self.description.class_name)
        outputs = [self._step(step) for step in steps]
        return torch.stack(outputs) if several else outputs[0]

    def _of(self, name: str) -> torch.Tensor:
        return self.get_buffer(f"_{name}")

    def _step(self, x: torch.Tensor) -> torch.Tensor:
        d = self.description
        v, current, last, waiting = self.state
        if d.synaptic_decay is None:
            current = x
        else:
            current = self._of("synaptic_decay") * current + self._of("synaptic_gain") * x
        # With a rest of 0 as the tools compute it, so that rounding is theirs too.
        rest = self._of("rest")
        h = self._of("decay") * v + self._of("input_gain") * current
        if d.rest is not None and bool((rest != 0).any()):
            h = h + (1 - self._of("decay")) * rest
        if d.reset_delayed:
            h = h - last * self._of("threshold")
        if d.refractory_steps:
            h = torch.where(waiting > 0, self._of("reset_value"), h)
            waiting = (waiting - 1).clamp(min=0)
        if not d.spiking:
            self.state = [h, current, last, waiting]
            return h
        spike = self._fire(h)
        waiting = waiting + d.refractory_steps * spike.detach()
        self.state = [self._reset(h, spike), current, spike.detach(), waiting]
        return spike if d.graded is None else spike * self._of("graded")

    def _fire(self, h: torch.Tensor) -> torch.Tensor:
        threshold = self._of("threshold")
        spike: torch.Tensor = Spike.apply(h - threshold)  # pyright: ignore[reportAssignmentType]
        return spike if self.description.inclusive else spike * (h != threshold)

    def _reset(self, h: torch.Tensor, spike: torch.Tensor) -> torch.Tensor:
        d = self.description
        if d.reset == "none" or d.reset_delayed:
            return h
        fired = spike.detach()
        if d.reset == "subtract":
            return h - fired * self._of("threshold")
        return (1 - fired) * h + fired * self._of("reset_value")
