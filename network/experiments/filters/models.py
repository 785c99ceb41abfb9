"""What the study compares: feature extractors before one and the same readout, and a recurrent network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from circuits.ecram_lif.temporal_filter import temporal_filter
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from network.experiments.filters.rates import Pair, pair_parameters
from network.experiments.filters.sizing import sized_ohms
from network.experiments.filters.task import IntervalTask, Samples
from network.threads import respect_thread_limit

PLAIN_OHMS = (20e3, 100e3)  # of the non-plastic neurons, one after every 2 to 8 input spikes or so
PENALTY = 1e-3  # on the readout's squared weights
LEAST_SPREAD = 0.05  # spikes: a feature that varies less is not blown up to unit variance
FRAME_STEPS, HIDDEN, LSTM_STEPS, LSTM_BATCH, LSTM_RATE = 20, 8, 200, 100, 0.02  # the recurrent baseline
BINS = 8  # of the interval histogram


def bank_pairs(neuron: LifNeuronParameters, scales: Sequence[float]) -> dict[str, list[Pair]]:
    """Filters of the three banks: as it is, its volatile part off, and non-plastic neurons of different resistance."""
    ohms = sized_ohms(neuron)
    designs = [temporal_filter(scale, ohms=ohms) for scale in scales]
    plain = [temporal_filter(ohms=r).ablated for r in np.geomspace(*PLAIN_OHMS, len(scales))]
    return {
        "plastic bank": [pair_parameters(neuron, d) for d in designs],
        "ablated bank": [pair_parameters(neuron, d.ablated) for d in designs],
        "non-plastic LIF": [pair_parameters(neuron, d) for d in plain],
    }


@dataclass(frozen=True)
class Readout:
    """Linear classifier on standardised features."""

    mean: torch.Tensor
    spread: torch.Tensor
    layer: nn.Linear

    def accuracy(self, features: torch.Tensor, labels: torch.Tensor) -> float:
        """Share of samples (batch, features) that it gets right."""
        with torch.no_grad():
            found = self.layer((features - self.mean) / self.spread).argmax(1)
        return float((found == labels).double().mean())


def fit_readout(features: torch.Tensor, labels: torch.Tensor, classes: int) -> Readout:
    """Multinomial logistic regression from zero weights, which a convex loss makes independent of any seed."""
    mean, spread = features.mean(0), features.std(0) + LEAST_SPREAD
    scaled = (features - mean) / spread
    layer = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimiser = torch.optim.LBFGS(layer.parameters(), max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = cross_entropy(layer(scaled), labels) + PENALTY * (layer.weight**2).sum()
        value.backward()
        return value

    optimiser.step(loss)  # pyright: ignore[reportArgumentType]
    return Readout(mean, spread, layer)


class LstmClassifier(nn.Module):
    """A digital network of comparable size: an LSTM on spike counts per frame, its mean output read by a line."""

    def __init__(self, classes: int) -> None:
        super().__init__()
        self.cell, self.head = nn.LSTM(1, HIDDEN), nn.Linear(HIDDEN, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Logits (batch, classes) of frames (time, batch, 1)."""
        return self.head(self.cell(frames)[0].mean(0))


def frames_of(samples: Samples) -> torch.Tensor:
    """Spike counts in frames of `FRAME_STEPS` steps, (frames, batch, 1)."""
    steps, batch, _ = samples.trains.shape
    whole = samples.trains[: steps - steps % FRAME_STEPS]
    return torch.as_tensor(whole.reshape(-1, FRAME_STEPS, batch, 1).sum(1, dtype=np.int64)).float()


def lstm_accuracy(train: Samples, test: Samples, classes: int, seed: int) -> float:
    """Train the recurrent baseline and give its accuracy on `test`."""
    respect_thread_limit()
    frames, labels = frames_of(train), torch.as_tensor(train.labels)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LstmClassifier(classes)
        optimiser = torch.optim.Adam(model.parameters(), lr=LSTM_RATE)
        for _ in range(LSTM_STEPS):
            chosen = torch.randperm(labels.numel())[:LSTM_BATCH]
            optimiser.zero_grad()
            cross_entropy(model(frames[:, chosen]), labels[chosen]).backward()
            optimiser.step()
    with torch.no_grad():
        return float((model(frames_of(test)).argmax(1) == torch.as_tensor(test.labels)).double().mean())


def interval_histograms(task: IntervalTask, samples: Samples) -> torch.Tensor:
    """Counts of intervals in bins of equal ratio, (batch, BINS): what a digital timer sees."""
    edges = np.geomspace(min(task.intervals_s) / 2, max(task.intervals_s) * 2, BINS + 1)
    edges[0], edges[-1] = 0.0, np.inf
    found = [np.histogram(np.diff(np.flatnonzero(train)) * task.dt_s, edges)[0] for train in samples.trains[..., 0].T]
    return torch.as_tensor(np.array(found)).float()
