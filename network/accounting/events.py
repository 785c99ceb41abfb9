"""Events of a network per trial, counted while it runs."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ipcircuit.errors import InputError
from network.models.frames import OverTime
from network.neurons.billing import Billing

SYNAPSES = "synapses"
Synapses = nn.Linear | nn.Conv2d | nn.Conv3d
_BILLINGS = {  # of rows stored before a layer said itself by what it is counted, by kind
    billing.kind: billing
    for billing in (
        Billing("differential", "differential"),
        Billing("thermal", "comparator"),
        Billing("stochastic", "comparator", memory=False),
        Billing("lif", "delay_feedback_lif", "spike"),
    )
}


@dataclass
class LayerEvents:
    """Events of one layer, summed over `trials`.

    Attributes:
        layer: its name in the model.
        billing: by what its cost is counted; None for synapses.
        steps: time steps of a trial. units: inputs of the layer. neurons: N parallel neurons per input.
        operations: of the neurons (for a junction's layer set pulses), or accumulations of a non-zero input (synapses).
        additions: accumulations where an input of n counts n times (synapses): n spikes add the weight n times.
        whole: whether all inputs were whole numbers (synapses), so that `additions` counts; None where not known.
        spikes: of all junctions and either sign; 0 for synapses. negative_spikes: those of negative sign.
        squares_V2: squared amplitudes of all set pulses, summed; 0 where a layer has none, and in runs stored before
            they were counted.
    """

    layer: str
    billing: Billing | None
    steps: int
    units: int
    neurons: int = 1
    trials: int = 0
    operations: int = 0
    spikes: int = 0
    negative_spikes: int = 0
    squares_V2: float = 0.0
    additions: float = 0.0
    whole: bool | None = None

    @property
    def kind(self) -> str:
        """Kind of the neurons, or `SYNAPSES`."""
        return self.billing.kind if self.billing else SYNAPSES

    @property
    def part(self) -> str:
        """Part of the network's energy: memory, neurons or synapses."""
        return SYNAPSES if self.billing is None else "memory" if self.billing.memory else "neurons"

    @property
    def density(self) -> float:
        """Share of time steps with an operation."""
        slots = self.slots * self.trials
        return self.operations / slots if slots and self.billing else 0.0

    @property
    def amplitude_V(self) -> float | None:
        """Root mean square of the set pulses' amplitudes: heat goes with the square. None where not counted."""
        return math.sqrt(self.squares_V2 / self.operations) if self.squares_V2 and self.operations else None

    @property
    def slots(self) -> int:
        """Neurons times steps of one trial: the operations that it could have had."""
        return self.units * self.neurons * self.steps

    def per_trial(self, count: float) -> float:
        """A summed count as a mean."""
        return count / max(1, self.trials)

    def to_json(self) -> dict[str, Any]:
        """Per trial."""
        row = asdict(self)
        del row["squares_V2"], row["billing"]
        if self.whole is None:
            del row["additions"], row["whole"]
        for name in ("operations", "spikes", "negative_spikes", "additions"):
            if name in row:
                row[f"{name}_per_trial"] = self.per_trial(row.pop(name))
        billing = asdict(self.billing) if self.billing else {"kind": SYNAPSES}
        return {**row, **billing, "density": self.density, "amplitude_V": self.amplitude_V}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> LayerEvents:
        """Inverse of `to_json`, for stored runs. Raises InputError: a key is missing."""
        try:
            trials = row["trials"]
            operations, spikes = (round(row[f"{name}_per_trial"] * trials) for name in ("operations", "spikes"))
            billing = _BILLINGS.get(row["kind"])
            if "circuit" in row:
                billing = Billing(row["kind"], row["circuit"], row["event"], row["memory"])
            return cls(
                row["layer"],
                billing,
                row["steps"],
                row["units"],
                row["neurons"],
                trials,
                operations,
                spikes,
                round(row.get("negative_spikes_per_trial", 0.0) * trials),
                (row.get("amplitude_V") or 0.0) ** 2 * operations,
                round(row.get("additions_per_trial", 0.0) * trials),
                row.get("whole"),
            )
        except KeyError as error:
            raise InputError(f"events of a layer lack {error}", where=str(row.get("layer", "layers"))) from error


@contextlib.contextmanager
def counted_events(model: nn.Module) -> Iterator[dict[str, LayerEvents]]:
    """Count the events of every layer of neurons and of synapses within the block, by layer name as they run.

    A layer of neurons is a module with `billing` (see `network.neurons.billing.BilledLayer`); synapses are torch's
    linear and convolutional layers, alone or in `OverTime`. Inputs have time and batch as their first axes, those of a
    3-D convolution batch, channels and time; a linear layer without a time axis counts as one step. A layer that weighs
    only a part of its input has a method `weighed` that returns it. Raises InputError: within the block, for a layer in
    single-step mode.
    """
    events: dict[str, LayerEvents] = {}
    folded = {inner for module in model.modules() if isinstance(module, OverTime) for inner in module.modules()}
    handles = []
    for name, module in model.named_modules():
        if getattr(module, "billing", None) is not None:
            handles.append(module.register_forward_hook(_neuron_counter(name, events)))
        elif isinstance(module, OverTime):
            handles += _over_time(name, module, events)
        elif isinstance(module, Synapses) and module not in folded:
            handles.append(module.register_forward_hook(_synapse_counter(name, module, events)))
    try:
        yield events
    finally:
        for handle in handles:
            handle.remove()


def _neuron_counter(name: str, events: dict[str, LayerEvents]) -> Any:
    def count(module: Any, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        if getattr(module, "step_mode", "m") != "m":
            raise InputError("events are counted over all time steps", where=name, found="step_mode 's'", allowed="m")
        x = inputs[0].detach()
        row = events.setdefault(
            name, LayerEvents(name, module.billing, x.shape[0], x[0, 0].numel(), module.parallel_neurons)
        )
        row.trials += x.shape[1]
        counts = module.count_events(x, output.detach())
        for field, value in counts._asdict().items():
            setattr(row, field, getattr(row, field) + value)

    return count


def _over_time(name: str, module: OverTime, events: dict[str, LayerEvents]) -> list[Any]:
    """Hooks of the synapses that a module runs over time: a single layer by the module's name, several by their own."""
    inner = [(f"{name}.{path}", layer) for path, layer in module.named_modules() if isinstance(layer, Synapses)]
    if len(inner) == 1:
        return [module.register_forward_hook(_synapse_counter(name, inner[0][1], events))]
    folded: list[int] = []

    def note(_: nn.Module, inputs: tuple[torch.Tensor, ...]) -> None:
        folded[:] = inputs[0].shape[:2]

    counters = [(layer, _synapse_counter(path, layer, events)) for path, layer in inner]
    return [
        module.register_forward_pre_hook(note),
        *(
            layer.register_forward_hook(lambda m, x, y, count=count: count(m, (x[0].unflatten(0, folded),), y))
            for layer, count in counters
        ),
    ]


def _synapse_counter(name: str, synapses: Synapses, events: dict[str, LayerEvents]) -> Any:
    def count(_: nn.Module, inputs: tuple[torch.Tensor, ...], output: torch.Tensor) -> None:
        x = inputs[0].detach()
        if (weighed := getattr(synapses, "weighed", None)) is not None:
            x = weighed(x)
        if isinstance(synapses, nn.Conv3d):
            x = x.movedim(2, 0)  # (batch, channels, time, ...)
        elif isinstance(synapses, nn.Linear) and x.dim() == 2:
            x = x.unsqueeze(0)
        row = events.setdefault(name, LayerEvents(name, None, x.shape[0], x[0, 0].numel(), whole=True))
        row.trials += x.shape[1]
        sizes = x.abs()
        met = _accumulations(synapses, (sizes > 0).to(sizes))
        whole = bool((sizes == sizes.round()).all())
        several = whole and bool((sizes > 1).any())
        row.operations += round(met)
        row.additions += round(_accumulations(synapses, sizes) if several else met)
        row.whole = bool(row.whole) and whole

    return count


def _accumulations(synapses: Synapses, sizes: torch.Tensor) -> float:
    """Weights that inputs (time, batch, ...) meet, each as often as its size says."""
    if isinstance(synapses, nn.Linear):
        return float(sizes.double().sum()) * synapses.out_features
    ones = torch.ones_like(synapses.weight[: synapses.groups], dtype=sizes.dtype)
    rest: dict[str, Any] = {
        "stride": synapses.stride,
        "padding": synapses.padding,
        "dilation": synapses.dilation,
        "groups": synapses.groups,
    }
    if isinstance(synapses, nn.Conv3d):
        met = functional.conv3d(sizes.movedim(0, 2), ones, **rest)
    else:
        met = functional.conv2d(sizes.flatten(0, 1), ones, **rest)
    return float(met.double().sum()) * (synapses.out_channels // synapses.groups)
