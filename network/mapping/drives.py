"""Inputs of a network's neurons in thresholds, as they come: what share of them a circuit cannot give."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from ipcircuit.units import in_unit
from network.foreign.adapters.adapter import first_tensor
from network.mapping.counterpart import LayerMapping, drive_scale
from network.mapping.swap import Plan

_WEIGHTS = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.Conv3d)


@dataclass
class Drives:
    """Sums over the inputs of one layer, of all steps.

    Attributes:
        count, negative, beyond: of all inputs, of those below 0, and of those above the largest drive.
        charge, negative_charge: sums of their magnitudes, in thresholds.
        spikes: outputs that are not 0.
        values, graded: inputs other than 0 of the weights before the layer, and those of them that are not 1.
        weights, strong: weights before the layer, and those of them that are stronger than one synapse of the circuit.
    """

    count: float = 0
    negative: float = 0
    beyond: float = 0
    charge: float = 0.0
    negative_charge: float = 0.0
    spikes: float = 0
    values: float = 0
    graded: float = 0
    weights: int = 0
    strong: int = 0

    @property
    def rate(self) -> float:
        """Spikes per neuron and step."""
        return self.spikes / self.count if self.count else 0.0

    def words(self, mapping: LayerMapping) -> tuple[str, ...]:
        """What the drives ask for and the circuit does not have."""
        found, largest = [], mapping.largest_drive
        if self.negative and not mapping.signed:
            share, charge = self.negative / self.count, self.negative_charge / max(self.charge, 1e-300)
            parts = in_unit(share, ".0f %"), in_unit(charge, ".0f %")
            found.append(f"{parts[0]} of the inputs are negative, {parts[1]} of all charge: they do nothing")
        if self.beyond and largest is not None:
            part = in_unit(self.beyond / self.count, ".1f %")
            found.append(f"{part} of the inputs exceed {largest:.2g} thresholds and count as that")
        if self.graded:
            part = in_unit(self.graded / self.values, ".0f %")
            found.append(f"graded input: {part} of what the weights before it are fed is no spike of size 1")
        if self.strong:
            part, most = in_unit(self.strong / self.weights, ".1f %"), mapping.largest_weight
            found.append(f"{part} of the weights exceed one synapse's {most:.2g} thresholds: several side by side")
        return tuple(found)


@contextmanager
def counted_drives(module: nn.Module, plan: Plan) -> Iterator[Mapping[str, Drives]]:
    """Count the drives of a plan's layers by path while `module`, in which the neurons still are, runs."""
    drives = {path: Drives() for path in plan.layers}
    last: list[tuple[float, float, torch.Tensor]] = []

    def weights(module: nn.Module, inputs: tuple[Any, ...]) -> None:
        x, weight = inputs[0].detach(), module.get_parameter("weight").detach()
        last[:] = [(float((x != 0).sum()), float(((x != 0) & (x != 1)).sum()), weight)]

    def neuron(path: str) -> Any:
        mapping = plan.layers[path]
        scale, largest = drive_scale(plan.descriptions[path]), mapping.largest_drive
        mean = float(torch.as_tensor(scale).mean())

        def hook(_: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
            x = inputs[0].detach()
            _count(drives[path], x * (scale.to(x) if isinstance(scale, torch.Tensor) else scale), largest, output)
            for values, graded, weight in last:
                drives[path].values += values
                drives[path].graded += graded
                drives[path].weights = weight.numel()
                if mapping.largest_weight is not None:
                    drives[path].strong = int((weight * mean > mapping.largest_weight).sum())
            last.clear()

        return hook

    parts = dict(module.named_modules())
    hooks = [part.register_forward_pre_hook(weights) for part in parts.values() if isinstance(part, _WEIGHTS)]
    hooks += [parts[path].register_forward_hook(neuron(path)) for path in plan.layers]
    try:
        yield drives
    finally:
        for hook in hooks:
            hook.remove()


def _count(total: Drives, drive: torch.Tensor, largest: float | None, output: Any) -> None:
    spikes, below = first_tensor(output), drive.clamp(max=0)
    total.count += drive.numel()
    total.negative += float((drive < 0).sum())
    total.charge += float(drive.double().abs().sum())
    total.negative_charge -= float(below.double().sum())
    if largest is not None:
        total.beyond += float((drive > largest).sum())
    if spikes is not None:
        total.spikes += float((spikes.detach() != 0).sum())
