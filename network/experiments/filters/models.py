"""Models of the experiment: feature extractors before one and the same readout, and a recurrent network."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from circuits.ecram_lif.temporal_filter import temporal_filter
from ipcircuit.compact.ecram_lif.parameters import LifNeuronParameters
from network.experiments.filters.rates import Pair, pair_parameters
from network.experiments.filters.sizing import sized_ohms
from network.experiments.filters.task import IntervalTask, Samples
from network.tasks.task import Batch, Batches, Draws, Task
from network.training.loop import Training
from network.training.loop import train as fit
from network.training.settings import Identity, Settings

if TYPE_CHECKING:
    from sklearn.linear_model import LogisticRegression

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
    """Linear classifier on standardised features (batch, features)."""

    mean: np.ndarray
    spread: np.ndarray
    classifier: LogisticRegression

    def accuracy(self, features: np.ndarray, labels: np.ndarray) -> float:
        """Share of samples that it gets right."""
        return float(self.classifier.score((features - self.mean) / self.spread, labels))

    def integer_accuracy(self, features: np.ndarray, labels: np.ndarray, bits: int = 8) -> float:
        """The same with weights of the features themselves, rounded to `bits` bits with a scale for each class."""
        weights = self.classifier.coef_ / self.spread
        offsets = self.classifier.intercept_ - weights @ self.mean
        scale = np.abs(weights).max(1, keepdims=True) / (2 ** (bits - 1) - 1)
        rounded = np.rint(weights / np.where(scale > 0, scale, 1.0)) * scale
        answers = self.classifier.classes_[(features @ rounded.T + offsets).argmax(1)]
        return float((answers == labels).mean())


def fit_readout(features: np.ndarray, labels: np.ndarray) -> Readout:
    """Multinomial logistic regression; its loss is convex, so no seed is needed."""
    from sklearn.linear_model import LogisticRegression

    mean, spread = features.mean(0), features.std(0, ddof=1) + LEAST_SPREAD
    classifier = LogisticRegression(C=1 / (2 * PENALTY * len(labels)), tol=1e-8, max_iter=2000)
    return Readout(mean, spread, classifier.fit((features - mean) / spread, labels))


class RecurrentClassifier(nn.Module):
    """A digital network: a recurrent layer on spike counts per frame, its mean output read by a line."""

    def __init__(self, classes: int, units: int = HIDDEN, kind: type[nn.LSTM | nn.GRU] = nn.LSTM) -> None:
        super().__init__()
        self.cell, self.head = kind(1, units), nn.Linear(units, classes)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """Logits (batch, classes) of frames (time, batch, 1)."""
        return self.head(self.cell(frames)[0].mean(0))


def frames_of(samples: Samples) -> torch.Tensor:
    """Spike counts in frames of `FRAME_STEPS` steps, (frames, batch, 1)."""
    steps, batch, _ = samples.trains.shape
    whole = samples.trains[: steps - steps % FRAME_STEPS]
    return torch.as_tensor(whole.reshape(-1, FRAME_STEPS, batch, 1).sum(1, dtype=np.int64)).float()


@dataclass
class IntervalFrames(Task):
    """The samples as frames to be classified; every batch is a random selection."""

    training: Batch
    test: Batch
    name: ClassVar[str] = "intervals"
    headline: ClassVar[str] = "accuracy"

    def batches(self, size: int, generator: torch.Generator) -> Batches:
        def select(source: torch.Generator) -> Batch:
            chosen = torch.randperm(len(self.training.targets), generator=source)[:size]
            return Batch(self.training.inputs[:, chosen], self.training.targets[chosen])

        return Draws(select, generator)

    def evaluation(self, trials: int, seed: int) -> Iterable[Batch]:
        return [self.test]

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        return cross_entropy(outputs, batch.targets)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, float]:
        return {"accuracy": float((outputs.argmax(1) == batch.targets).double().mean())}


def frames_task(train: Samples, test: Samples) -> IntervalFrames:
    """The task of a recurrent network: to tell the samples' frames apart."""
    return IntervalFrames(*(Batch(frames_of(s), torch.as_tensor(s.labels)) for s in (train, test)))


def trained_network(
    task: IntervalFrames, classes: int, seed: int, units: int = HIDDEN, kind: type[nn.LSTM | nn.GRU] = nn.LSTM
) -> Training:
    """Train a recurrent network; its accuracy on the test samples is among the scores."""
    trials = torch.Generator()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = RecurrentClassifier(classes, units, kind)
        trials.set_state(torch.get_rng_state())  # batches are drawn on from where the weights ended
    name, samples = kind.__name__.lower(), len(task.test.targets)
    settings = Settings(LSTM_STEPS, LSTM_BATCH, LSTM_RATE, None, LSTM_STEPS, samples, schedule="constant")
    return fit(task, model, Identity("intervals", name, seed), settings, trials=trials)


def lstm_accuracy(train: Samples, test: Samples, classes: int, seed: int) -> float:
    """Train the recurrent baseline and return its accuracy on `test`."""
    return trained_network(frames_task(train, test), classes, seed).scores["accuracy"]


def interval_histograms(task: IntervalTask, samples: Samples, bins: int = BINS) -> np.ndarray:
    """Counts of intervals in bins of equal ratio, (batch, bins): all that a digital timer knows."""
    edges = np.geomspace(min(task.intervals_s) / 2, max(task.intervals_s) * 2, bins + 1)
    edges[0], edges[-1] = 0.0, np.inf
    return np.array(
        [np.histogram(np.diff(np.flatnonzero(train)) * task.dt_s, edges)[0] for train in samples.trains[..., 0].T]
    )
