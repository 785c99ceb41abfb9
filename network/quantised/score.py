"""Share of samples that a network answers rightly, or as another network does, with its interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch

from ipcircuit.statistics import wilson_interval
from network.foreign.network import LoadedNetwork

CONFIDENCE = 0.95
BATCH = 128
Measure = Literal["accuracy", "agreement"]


@dataclass(frozen=True)
class Score:
    """Accuracy, or agreement with the spiking network where no targets are known; Wilson's interval of 95 %."""

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


def answers(network: LoadedNetwork, inputs: torch.Tensor) -> torch.Tensor:
    """The class with the largest score, for each sample of inputs (time, batch, *features)."""
    with torch.no_grad():
        parts = [network.scores(network.run(part)).flatten(1).argmax(1) for part in inputs.split(BATCH, 1)]
    return torch.cat(parts)


def score(right: torch.Tensor, measure: Measure) -> Score:
    """Score of samples that are right or not."""
    count, n = int(right.sum()), len(right)
    low, high = wilson_interval(count, n, CONFIDENCE)
    return Score(measure, count / n, low, high, n)


def difference(first: torch.Tensor, second: torch.Tensor) -> Difference:
    """How much better the first network is, from which samples each answers rightly."""
    n = len(first)
    only = [int((a & ~b).sum()) for a, b in ((first, second), (second, first))]
    (p, low_p, high_p), (q, low_q, high_q) = ((k / n, *wilson_interval(k, n, CONFIDENCE)) for k in only)
    return Difference(p - q, p - q - math.hypot(p - low_p, high_q - q), p - q + math.hypot(high_p - p, q - low_q))
