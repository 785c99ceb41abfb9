"""The published memory energy per sample: from events that a layer counts, and as a share of the whole network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import torch

from energy.buffer import buffer_energy
from energy.compare import EventWorkload
from energy.constants import PUBLISHED_OPERATION, PUBLISHED_REFERENCE
from energy.cost import NeuronCost
from energy.digital import PRECISIONS
from energy.gpu.baselines import load_gpu_baselines
from ipcircuit.parameters import Parameter
from network.accounting.balance import Row, balance_rows, buffer_rows, frame_buffer
from network.accounting.counting.count import counted_events
from network.accounting.counting.events import LayerEvents
from network.accounting.counting.stand_in import Frames
from network.accounting.prices import neuron_energy
from network.accounting.trial import synapse_energy
from network.neurons.stepping import use_generator
from network.neurons.thermal_mtj.device import load_device
from network.neurons.thermal_mtj.neurons import DifferentialNeuron

AMPLITUDE_V = 0.80  # of the published energies
NETWORK = "ipnet18"
COUNTED_FRAMES = 2  # of the whole network; every frame has the same static neurons and, but for chance, as many spikes


@dataclass(frozen=True)
class CountedStream:
    """Events of a generated stream as a layer of differential neurons counts them.

    Attributes:
        operations: set pulses of the sample. slots: inputs times frames.
        energy_J: at the published energy per operation.
        ratios: of the published GPU increments to it, by model.
    """

    operations: int
    slots: int
    energy_J: float
    ratios: Mapping[str, float]


def generated_stream(workload: EventWorkload, seed: int = 0) -> torch.Tensor:
    """Frames (time, 1, channels, height, width) of 0 and 1 whose active inputs lie at random places.

    Their number is that of the workload's density, rounded, so that chance bears on the places only.
    """
    shape = workload.frames, 1, workload.channels, workload.height, workload.width
    frames = torch.zeros(shape)
    active = round(workload.density * frames.numel())
    places = torch.randperm(frames.numel(), generator=torch.Generator().manual_seed(seed))[:active]
    frames.view(-1)[places] = 1.0
    return frames


def counted_stream(workload: EventWorkload | None = None, seed: int = 0) -> CountedStream:
    """A generated stream through a layer of differential neurons, frame by frame, its set pulses counted.

    Args:
        workload: size, density and frames; the published ones by default, with N = 1.
    """
    workload = workload or EventWorkload()
    layer = DifferentialNeuron(load_device("liu2025"), neurons=workload.neurons, checked=False)
    layer.generator = torch.Generator().manual_seed(seed)
    with counted_events(layer) as events, torch.no_grad():
        for frame in generated_stream(workload, seed).split(1):  # the layer keeps its heat
            layer(AMPLITUDE_V * frame)
    (counted,) = events.values()
    energy = counted.operations * PUBLISHED_OPERATION.value
    ratios = {b.model: b.energy_per_sample_J / energy for b in load_gpu_baselines()}
    return CountedStream(counted.operations, counted.slots * counted.trials, energy, ratios)


@dataclass(frozen=True)
class WholeSample:
    """Events of one sample on IPNet18, counted over a few frames, each of which costs about as much.

    Attributes:
        events: of the layers, over the counted frames.
        frames: of the sample. counted_frames: that were run.
    """

    events: Mapping[str, LayerEvents]
    frames: int
    counted_frames: int

    @property
    def static(self) -> list[LayerEvents]:
        """Layers of neurons without memory."""
        return [e for e in self.events.values() if e.billing is not None and not e.billing.memory]

    @property
    def static_neurons(self) -> int:
        """Neurons without memory; each gets a set pulse in every frame."""
        return sum(e.units * e.neurons for e in self.static)

    @property
    def firing_share(self) -> float:
        """Mean spikes of a static neuron per frame."""
        return sum(e.spikes for e in self.static) / sum(e.slots * e.trials for e in self.static)

    def published_balance(self, static: Parameter = PUBLISHED_REFERENCE, precision: str = "int8") -> Row:
        """Energy of the sample at published prices, as a row of `network.accounting.balance.balance_rows`.

        Args:
            static: energy of one set pulse of a static neuron, `PUBLISHED_REFERENCE` or `PUBLISHED_JUNCTION`: the
                source does not say which junction it has.
            precision: of the synapses.
        """
        prices = {"memory": PUBLISHED_OPERATION.value, "neurons": static.value}
        neurons = [
            {"scope": "paper", "part": e.part, "energy_per_trial_J": e.per_trial(e.operations) * prices[e.part]}
            for e in self.events.values()
            if e.billing is not None
        ]
        return next(r for r in self._balance(neurons) if (r["scope"], r["precision"]) == ("paper", precision))

    def simulated_balance(self, costs: Mapping[str, NeuronCost]) -> list[Row]:
        """The same in every scope and precision, from simulated costs by circuit (`differential`, `comparator`)."""
        return self._balance(neuron_energy(self.events, costs))

    def _balance(self, neurons: Sequence[Row]) -> list[Row]:
        """Balance of all frames, from energies of neurons over the counted ones."""
        times = self.frames / self.counted_frames

        def scaled(rows: Sequence[Row]) -> list[Row]:
            energies = [(row, row["energy_per_trial_J"]) for row in rows]
            return [{**row, "energy_per_trial_J": None if e is None else times * e} for row, e in energies]

        synapses = {precision: scaled(synapse_energy(self.events, precision)) for precision in PRECISIONS}
        buffer = buffer_energy(frame_buffer(self.events, "bitmap", times))
        return balance_rows(scaled(neurons), synapses, buffer_rows(buffer))


def whole_sample(
    workload: EventWorkload | None = None,
    counted_frames: int = COUNTED_FRAMES,
    seed: int = 0,
    options: Mapping[str, Any] | None = None,
) -> WholeSample:
    """A sample on an untrained IPNet18, from a few frames of a generated stream.

    Set pulses of static neurons do not depend on training. Spikes, and with them the synapses' energy, do.

    Args:
        workload: of the sample; the published one by default, with N = 1. Its frames are square.
        counted_frames: frames that are run.
        options: of the model; at full width by default.
    """
    from network.training.experiment import load_model

    workload = workload or EventWorkload()
    task: Any = Frames(workload.channels, workload.width, counted_frames)
    chosen = {"device": "liu2025", "neurons": workload.neurons, "event_V": AMPLITUDE_V, **(options or {})}
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(seed)
        model = load_model(NETWORK).builder(task, chosen)().eval()
        use_generator(model, torch.Generator().manual_seed(seed))
        with counted_events(model) as events:
            model(generated_stream(replace(workload, frames=counted_frames), seed))
    return WholeSample(events, workload.frames, counted_frames)


@cache
def published_sample() -> WholeSample:
    """`whole_sample` of the published workload: some seconds."""
    return whole_sample()
