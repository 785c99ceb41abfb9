"""Events of a network, counted while it runs: of any network in `count_network`, of our own in `counted_events`.

One mechanism (`network.accounting.counting`): hooks on layers that count what meets their weights, and the operators
between them. Counts are whole numbers, exact at the borders of convolutions.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import nn

from ipcircuit.errors import InputError
from network.accounting.counting.counter import EventCounter, NotCounted
from network.accounting.counting.events import LayerEvents
from network.foreign.network import LoadedNetwork
from network.threads import Progress

__all__ = ["NetworkCounts", "NotCounted", "count_network", "counted_events"]


@dataclass(frozen=True, eq=False)
class NetworkCounts:
    """Events of a network over its samples.

    Attributes:
        layers: in the order in which they run, by path; a weight that is no layer of its own by its name, sums of two
            outputs as ``additions`` of the module that adds.
        not_counted: what the network computes without being counted, with the reason; of the rest nothing is left out.
        folded: paths of normalisations that are part of the weights before them at inference, and cost no more.
        outputs: of the network, all samples along the batch axis.
        samples, steps: that were run.
        parameters: trained and fixed numbers of the network, each once.
        footprint_bytes: of its parameters and buffers, as torch holds them at rest.
    """

    layers: Mapping[str, LayerEvents]
    not_counted: tuple[NotCounted, ...]
    folded: tuple[str, ...]
    outputs: torch.Tensor
    samples: int
    steps: int
    parameters: int
    footprint_bytes: int

    def per_sample(self, count: str, *parts: str) -> float:
        """Sum over the layers of a count of `LayerEvents` by its name, such as ``effective_acs``, per sample.

        Args:
            parts: of the network, as in `LayerEvents.part`; all of them by default.
        """
        layers = (layer for layer in self.layers.values() if not parts or layer.part in parts)
        return sum(getattr(layer, count) or 0 for layer in layers) / self.samples

    @property
    def synapses(self) -> list[LayerEvents]:
        """Layers with weights."""
        return [
            layer for layer in self.layers.values() if layer.form in ("synapses", "recurrent") and not layer.billing
        ]

    @property
    def neurons(self) -> list[LayerEvents]:
        """Layers of neurons, without activations."""
        return [layer for layer in self.layers.values() if layer.billing]

    @property
    def activation_sparsity(self) -> float | None:
        """Share of zeros in the outputs of neurons and activations; None where there are none."""
        active = [e for e in self.layers.values() if e.billing or e.form == "activations"]
        outputs = sum((e.outputs or 0) * e.steps * e.trials for e in active)
        return 1 - sum(e.nonzero or 0 for e in active) / outputs if outputs else None


def count_network(
    network: LoadedNetwork, inputs: torch.Tensor, *, batch: int = 64, progress: Progress | None = None
) -> NetworkCounts:
    """Run a network once over its inputs, and count.

    Args:
        network: that is run as it is, in evaluation mode.
        inputs: (time, samples, *features).
        batch: samples at a time. What the counts take in memory does not depend on it, nor on the steps.
        progress: called with (samples done, samples).

    Raises:
        InputError: inputs that the network does not take, or an output that is not one of its samples.
    """
    if batch < 1:
        raise InputError("needs a sample", where="batch", found=batch, allowed=">= 1")
    counter = EventCounter(network.module, whole=True, managed=True)
    counter.features = inputs.dim() - 2
    network.reset()
    stored = [*network.module.parameters(), *network.module.buffers()]
    footprint = sum(t.numel() * t.element_size() for t in stored)  # before states take the batch's size
    if network.feed is None:  # found out by trying, which is not to be counted
        with torch.no_grad():
            network.run(inputs[:, :1])
    counter.layout.batch_first = network.feed is not None and network.feed.startswith("batch_first")
    outputs = []
    with counter.attached(), torch.no_grad():
        for part in inputs.split(batch, dim=1):
            counter.layout.begin(part.shape[0], part.shape[1])
            outputs.append(network.run(part))
            if progress is not None:
                progress(min(batch * len(outputs), inputs.shape[1]), inputs.shape[1])
    return NetworkCounts(
        counter.rows,
        tuple(counter.not_counted),
        tuple(counter.folded),
        _joined(outputs, batch),
        inputs.shape[1],
        inputs.shape[0],
        sum(p.numel() for p in network.module.parameters()),
        footprint,
    )


def _joined(outputs: list[torch.Tensor], batch: int) -> torch.Tensor:
    """Outputs of all batches along their batch axis: the second of (time, batch, ...), the first of (batch, ...)."""
    if len(outputs) == 1:
        return outputs[0]
    shape = outputs[0].shape
    return torch.cat(outputs, 1 if len(shape) > 2 and shape[1] == batch else 0)


@contextlib.contextmanager
def counted_events(model: nn.Module) -> Iterator[dict[str, LayerEvents]]:
    """Count the events of every layer of neurons and of synapses within the block, by layer name as they run.

    The model takes (time, batch, ...). A layer of neurons is a module with `billing` (see
    `network.neurons.billing.BilledLayer`), or another tool's that `network.foreign` knows; synapses are torch's linear
    and convolutional layers. A part of the model that is called alone gets time and batch as the first axes, a 3-D
    convolution batch, channels and time; a linear layer without a time axis counts as one step. A layer that weighs
    only a part of its input has a method `weighed` that returns it. `count_network`
    counts everything else too.

    Raises InputError: within the block, for one of our layers in single-step mode.
    """
    counter = EventCounter(model, whole=False)
    with counter.attached():
        yield counter.rows
