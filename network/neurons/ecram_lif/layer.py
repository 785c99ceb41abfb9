"""Delay-feedback LIF neurons as a layer in the place of a network's own.

A drive is a conductance: the sum of the synapses that are active in a step, side by side, inject for one input spike.
The membrane is stepped by `ipcircuit.compact.ecram_lif.neuron.membrane_step`, in as many parts of a time step as the
leak needs. Left out: the volatile part of the synapses, which a layer that is handed sums cannot follow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import fields

import torch

from ipcircuit.compact.ecram_lif.neuron import LifState, Membrane, longest_step, membrane_step, needed_conductance
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from network.neurons.billing import Billing, Counts
from network.neurons.mapped import MappedNeuron, surrogate
from network.neurons.stepping import StepMode

_NAMES = [f.name for f in fields(Membrane) if f.name != "stage"]
PART = 0.5  # of the longest step: the compact model takes the leak at its beginning, and is then right to 1 %; among
# copies, whose leaks differ by far more than that, the longest step itself
_LEAST = 1e-6  # thresholds; a drive below injects as this one


def with_leak(parameters: LifNeuronParameters, factor: float) -> Membrane:
    """The neuron with another bias of its leak; the threshold, where pull-up and leak balance, follows."""
    p = parameters
    values = {name: getattr(p, name) for name in _NAMES}
    threshold = p.threshold_V + p.take_off_V * math.log(factor)
    changed = {"leak_A": p.leak_A * factor, "leak_per_V": p.leak_per_V * factor, "threshold_V": threshold}
    return Membrane(**values | changed)


class DelayFeedbackLayer(MappedNeuron):
    """See the module's text.

    Args:
        designed: constants for which the drives are sized, those of 27 °C.
        dt_s: time step, at least an input spike and the reset.
        leak: of the bias, as a factor on the designed leak.
        actual: constants at the temperature that it is at; default `designed`.
        copies: constants of random copies, of which each neuron is one; empty: all are `actual`.
        seed, step_mode: as `MappedNeuron`.
    """

    billing = Billing("delay_feedback_lif", "delay_feedback_lif", "spike")

    def __init__(
        self,
        designed: LifNeuronParameters,
        dt_s: float,
        *,
        leak: float = 1.0,
        actual: LifNeuronParameters | None = None,
        copies: Sequence[LifNeuronParameters] = (),
        seed: int = 0,
        step_mode: StepMode = "m",
    ) -> None:
        super().__init__(step_mode, seed)
        own = actual or designed
        self.dt_s, self._path_ohm = dt_s, designed.base_ohm + designed.series_ohm
        self._siemens = needed_conductance(designed)
        # thresholds that inputs can charge a membrane to
        self._highest = designed.drive_V / designed.coupling / designed.threshold_V
        self._nominal = with_leak(own, leak), (own.base_ohm + own.series_ohm) / self._path_ohm
        self._pool = [(with_leak(p, leak), (p.base_ohm + p.series_ohm) / self._path_ohm) for p in copies]

    def draw(self, features: tuple[int, ...], generator: torch.Generator) -> tuple[Membrane, torch.Tensor] | None:
        """Constants of each neuron, and the resistance of its input relative to the designed one."""
        if not self._pool:
            return None
        index = torch.randint(len(self._pool), features, generator=generator)

        def of(values: Sequence[float]) -> torch.Tensor:
            return torch.tensor(values, dtype=torch.get_default_dtype())[index]

        values = {name: of([getattr(m, name) for m, _ in self._pool]) for name in _NAMES}
        return Membrane(**values), of([ohms for _, ohms in self._pool])

    def at_rest(self, like: torch.Tensor) -> list[torch.Tensor]:
        """Membrane (V) and what is left of the refractory time (s)."""
        return [torch.zeros_like(like), torch.zeros_like(like)]

    def advance(
        self, drive: torch.Tensor, state: list[torch.Tensor], copies: tuple[Membrane, torch.Tensor] | None
    ) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """A time step: the input first, then the leak in parts."""
        membrane, resistance = copies or self._nominal
        longest = longest_step(membrane) * (PART if copies is None else 1 - 1e-9)
        parts = math.ceil(self.dt_s / longest)
        ohms = resistance / (self._siemens * drive.clamp(min=_LEAST))
        spikes, silent = (drive > 0).to(drive.dtype), torch.zeros_like(drive)
        margin = state[0] / membrane.threshold_V + drive / resistance - 1
        none = drive.new_zeros((1, *drive.shape))
        now, fired = LifState(state[0], state[1], none), silent
        for part in range(parts):
            after = membrane_step(membrane, now, ohms, silent if part else spikes, self.dt_s / parts)
            fired = torch.maximum(fired, after.output.spikes)
            now = LifState(after.membrane, after.refractory.detach(), none)
        return surrogate(fired, margin), [now.membrane, now.refractory]

    def level(self, state: list[torch.Tensor]) -> torch.Tensor:
        """Membrane over the designed threshold."""
        return state[0] / self._nominal[0].threshold_V

    def count_events(self, inputs: torch.Tensor, outputs: torch.Tensor) -> Counts:
        """An operation is an input above 0: what does not exceed it injects nothing, and none charges beyond the
        supply."""
        charge = float(inputs.detach().double().clamp(0, self._highest).sum())
        return Counts(int((inputs > 0).sum()), round(float(outputs.detach().double().sum())), drives=charge)
