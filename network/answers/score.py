"""Share of samples that a network answers rightly, or as another network does, with its interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from ipcircuit.statistics import mean_interval, wilson_interval
from network.foreign.network import LoadedNetwork

CONFIDENCE = 0.95
BATCH = 128
Measure = Literal["accuracy", "agreement"]


@dataclass(frozen=True)
class Score:
    """Accuracy, or agreement with another network's answers: a share of samples, 0 … 1, and its interval of 95 %."""

    measure: Measure
    value: float
    low: float
    high: float
    samples: int

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self)


@dataclass(frozen=True)
class Difference:
    """Share of samples that one network answers rightly less that of another, on the same samples.

    The interval is that of paired shares: Wilson's intervals of both kinds of disagreement, squared and added.
    """

    value: float
    low: float
    high: float

    @property
    def worse(self) -> bool:
        """Whether the first one is worse beyond chance."""
        return self.high < 0


@torch.no_grad()
def class_scores(network: LoadedNetwork, inputs: torch.Tensor, batch: int = BATCH) -> torch.Tensor:
    """Sums over time of the network's outputs (samples, classes), double, on the CPU; of inputs (time, samples, …)."""
    parts = [network.scores(network.run(part)).flatten(1).double().cpu() for part in inputs.split(batch, 1)]
    return torch.cat(parts)


def answers(network: LoadedNetwork, inputs: torch.Tensor) -> torch.Tensor:
    """The class with the largest score, for each sample of inputs (time, samples, *features)."""
    return class_scores(network, inputs).argmax(1)


def score(right: torch.Tensor, measure: Measure) -> Score:
    """Score of samples that are right or not: (samples,), or (chips, samples) for the mean of chips.

    The interval is Wilson's; of several chips, which are judged by the same samples, the wider one of that and of
    Student's between them.
    """
    rows = right.reshape(-1, right.shape[-1])
    counts, n = rows.sum(1).tolist(), rows.shape[1]
    mean = sum(counts) / (len(counts) * n)
    low, high = wilson_interval(round(mean * n), n, CONFIDENCE)
    if len(counts) > 1:
        _, below, above = mean_interval([count / n for count in counts], CONFIDENCE)
        low, high = min(low, below or 0.0), max(high, above or 1.0)
    return Score(measure, mean, max(low, 0.0), min(high, 1.0), n)


def difference(first: torch.Tensor, second: torch.Tensor) -> Difference:
    """How much better the first network is, from which samples each answers rightly."""
    n = len(first)
    only = [int((a & ~b).sum()) for a, b in ((first, second), (second, first))]
    (p, low_p, high_p), (q, low_q, high_q) = ((k / n, *wilson_interval(k, n, CONFIDENCE)) for k in only)
    return Difference(p - q, p - q - math.hypot(p - low_p, high_q - q), p - q + math.hypot(high_p - p, q - low_q))
