"""A bank of temporal filters as a torch layer: every input line goes through every filter, each with its neuron.

A filter is one or more ECRAM synapses side by side on the membrane of a delay-feedback LIF neuron, all of it stepped by
`ipcircuit.compact.ecram_lif.neuron`. The trained parameter is the non-volatile part, the channels' resistances at rest;
time constants and pulse stay those of the devices.

A spike's derivative is that of a fast sigmoid of the membrane's distance from its threshold (Zenke and Ganguli 2018).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import torch
from torch import nn

from ipcircuit.compact.ecram_lif.neuron import LifState, Synapse, membrane_step, next_poles, path_ohm
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from ipcircuit.devices.ecram import currie2026
from ipcircuit.errors import InputError

SURROGATE_V = 0.05  # assumed: about what one input spike moves the membrane by, so that the derivative reaches that far
WINDOW = {p.name: p.value for p in currie2026.PARAMETERS if p.name in ("r_low", "r_high")}
_OWN = {*Synapse._fields, "stage", "origin"}  # fields in which a bank's branches may differ


class BankOutput(NamedTuple):
    """Output spikes (0 or 1), and the conductance (S) through which each step's input would inject, both
    (time, batch, features, filters)."""

    spikes: torch.Tensor
    conductance: torch.Tensor


class TemporalFilterBank(nn.Module):
    """See the module's text.

    Args:
        filters: compact constants of each filter's branches, all with as many branches and poles. The neuron's own
            constants must agree; those of the first are used.
        dt_s: time step.

    Raises:
        InputError: filters that do not fit together, or whose channels could leave the device's window.
    """

    shares: torch.Tensor
    limit_ohm: torch.Tensor
    effect: torch.Tensor
    lowest_ohm: torch.Tensor
    highest_ohm: torch.Tensor

    def __init__(self, filters: Sequence[Sequence[LifNeuronParameters]], dt_s: float) -> None:
        super().__init__()
        _check(filters)
        self.neuron, self.dt_s = filters[0][0], float(dt_s)
        for name in Synapse._fields[1:]:
            values = [[getattr(p, name) for p in branches] for branches in filters]
            # filters last, then branches, and poles first where there are several
            grid = torch.tensor(values, dtype=torch.get_default_dtype()).transpose(0, -1)
            self.register_buffer(name, grid[..., None, None, :])
        base = torch.tensor([[p.base_ohm for p in branches] for branches in filters], dtype=self.effect.dtype).T
        base, room = base[:, None, None], self.effect * self.limit_ohm  # change by the volatile part
        self.register_buffer("lowest_ohm", WINDOW["r_low"] + (-room).clamp(min=0.0))
        self.register_buffer("highest_ohm", WINDOW["r_high"] - room.clamp(min=0.0))
        outside = (base < self.lowest_ohm * (1 - 1e-9)) | (base > self.highest_ohm)
        if bool(outside.any()):
            found = float(base[outside][0])
            raise InputError("the channel could leave the device's window", where="filters", found=found)
        position = torch.log(base / self.lowest_ohm) / torch.log(self.highest_ohm / self.lowest_ohm)
        self.weight = nn.Parameter(torch.logit(position, eps=1e-4).to(torch.get_default_dtype()))

    def out_features(self, in_features: int) -> int:
        """Output lines for that many input lines, once the axes of features and filters are joined."""
        return in_features * self.weight.shape[-1]

    @property
    def base_ohm(self) -> torch.Tensor:
        """Resistance of each channel at rest (branches, 1, 1, filters), inside the window whatever the weight."""
        span = torch.log(self.highest_ohm / self.lowest_ohm)
        return self.lowest_ohm * torch.exp(span * torch.sigmoid(self.weight))

    def forward(self, spikes: torch.Tensor, state: LifState | None = None) -> tuple[BankOutput, LifState]:
        """Response to trains (time, batch, features) of 0 and 1, from `state` (default: at rest), and the state after.

        The state's membranes and refractory times are (batch, features, filters), its poles (poles, branches,
        batch, features, filters). Raises InputError: another rank, or values other than 0 and 1.
        """
        _check_trains(spikes)
        shape = (*spikes.shape[1:], self.weight.shape[-1])
        rest = self.weight.new_zeros((*self.shares.shape[:2], *shape))
        now = LifState(self.weight.new_zeros(shape), self.weight.new_zeros(shape), rest) if state is None else state
        synapse = Synapse(self.base_ohm, *(self.get_buffer(name) for name in Synapse._fields[1:]))
        outputs = []
        for step in spikes.to(self.weight.dtype):
            output, now = self._step(step[..., None].expand(shape), now, synapse)
            outputs.append(output)
        return BankOutput(*(torch.stack(column) for column in zip(*outputs, strict=True))), now

    def _step(self, spikes: torch.Tensor, state: LifState, synapse: Synapse) -> tuple[BankOutput, LifState]:
        conductance = (1 / path_ohm(synapse, state.poles)).sum(0)
        after = membrane_step(self.neuron, state, 1 / conductance, spikes, self.dt_s)
        fired = after.output.spikes
        if torch.is_grad_enabled() and after.margin.requires_grad:
            smooth = after.margin / (SURROGATE_V + after.margin.abs())
            fired = fired + (smooth - smooth.detach())
        poles = next_poles(synapse, state.poles, spikes, self.dt_s)
        return BankOutput(fired, conductance), LifState(after.membrane, after.refractory.detach(), poles)


def _check(filters: Sequence[Sequence[LifNeuronParameters]]) -> None:
    if not filters or not filters[0]:
        raise InputError("a bank needs at least one filter of one branch", where="filters", found=len(filters))
    first = filters[0][0]
    if any(p.stage is not None for branches in filters for p in branches):
        problem = "following the threshold stage in time has no usable gradient"
        raise InputError(problem, where="filters", found="stage tables", allowed="stage=None")
    for i, branches in enumerate(filters):
        if len(branches) != len(filters[0]) or any(len(p.taus_s) != len(first.taus_s) for p in branches):
            raise InputError(
                "all filters need as many branches and poles",
                where=f"filters[{i}]",
                found=len(branches),
                allowed=f"{len(filters[0])} branches of {len(first.taus_s)} poles",
            )
        for name in (f.name for f in fields(first) if f.name not in _OWN):
            if any(getattr(p, name) != getattr(first, name) for p in branches):
                raise InputError("the filters' neurons differ", where=f"filters[{i}].{name}")


def _check_trains(spikes: Any) -> None:
    if not isinstance(spikes, torch.Tensor) or spikes.dim() != 3 or not spikes.numel():
        problem, allowed = "trains have three axes", "(time, batch, features), none of them empty"
        raise InputError(problem, where="spikes", found=tuple(getattr(spikes, "shape", ())), allowed=allowed)
    if not bool(((spikes == 0) | (spikes == 1)).all()):
        wrong = spikes[~((spikes == 0) | (spikes == 1))]
        raise InputError("a train is 0 or 1 in each step", where="spikes", found=float(wrong[0]), allowed="0, 1")
