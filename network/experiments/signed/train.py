"""Training and evaluation of spiking classifiers: a small loop without a store, for studies of many short runs."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

from ipcircuit.errors import InputError
from network.data.samples import Samples
from network.threads import respect_thread_limit


@dataclass(frozen=True)
class Schedule:
    """How to train: Adam with a learning rate that falls to zero as a half cosine.

    Attributes:
        epochs, batch: passes, samples per step.
        rate: first learning rate.
        weight_decay: decoupled (AdamW).
        augment: applied to each batch of frames (time, batch, channels, h, w) with the run's generator.
    """

    epochs: int = 8
    batch: int = 64
    rate: float = 5e-3
    weight_decay: float = 1e-4
    augment: Callable[[torch.Tensor, torch.Generator], torch.Tensor] | None = None

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch < 1 or not self.rate > 0:
            raise InputError(
                "must be positive", where="epochs, batch, rate", found=(self.epochs, self.batch, self.rate)
            )


def train(
    network: nn.Module,
    samples: Samples,
    steps: int,
    schedule: Schedule,
    seed: int,
    progress: Callable[[int, int], None] | None = None,
) -> list[float]:
    """Train in place, where the network is, by backpropagation through time; the loss (cross-entropy) of each epoch.

    Args:
        steps: time steps.
        seed: of the order of the samples and of the augmentation.
        progress: called with (epochs done, epochs).

    Raises:
        InputError: loss or membranes are no numbers: the learning rate is too high, or the data are broken.
    """
    respect_thread_limit()
    generator, place = torch.Generator().manual_seed(seed), _place(network)
    optimizer = torch.optim.AdamW(network.parameters(), lr=schedule.rate, weight_decay=schedule.weight_decay)
    batches = math.ceil(len(samples) / schedule.batch)
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, schedule.epochs * batches)
    losses = []
    network.train()
    for epoch in range(schedule.epochs):
        total = 0.0
        for index in torch.randperm(len(samples), generator=generator).split(schedule.batch):
            if len(index) == 1 and len(samples) > 1:
                continue  # batch normalisation needs two
            frames, labels = samples.batch(index, steps)
            if schedule.augment is not None:
                frames = schedule.augment(frames, generator)
            loss = functional.cross_entropy(network(frames.to(place)), labels.to(place))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            decay.step()
            total += loss.item() * len(index)
        losses.append(total / len(samples))
        if not math.isfinite(losses[-1]):
            raise InputError("the loss is no number", where=f"epoch {epoch + 1}", found=losses[-1])
        if progress is not None:
            progress(epoch + 1, schedule.epochs)
    return losses


def _place(network: nn.Module) -> torch.device:
    """Where the network's parameters are; the CPU if it has none."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


@torch.no_grad()
def correct(network: nn.Module, samples: Samples, steps: int, batch: int = 256) -> int:
    """How many samples are classified right. The network is left in the mode that it was in."""
    mode = network.training
    network.eval()
    right, place = 0, _place(network)
    for index in torch.arange(len(samples)).split(batch):
        frames, labels = samples.batch(index, steps)
        right += int((network(frames.to(place)).argmax(1).cpu() == labels).sum())
    network.train(mode)
    return right


def accuracy(network: nn.Module, samples: Samples, steps: int, batch: int = 256) -> float:
    """Share of samples that are classified right, 0 … 1."""
    return correct(network, samples, steps, batch) / len(samples)
