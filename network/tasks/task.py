"""What a task is, and how its items are drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Protocol

import torch

from ipcircuit.errors import InputError

ITEM = 1.0  # an input of an item: one set pulse of the item amplitude
READ = 0.5  # an input of the read-out step: one set pulse of the read amplitude
IDLE = 0.0  # no pulse, the device cools
BLOCKS, COLOURED = 9, 4  # a 3 × 3 grid of blocks of which four are coloured


@dataclass(frozen=True)
class Batch:
    """Inputs (time, batch, inputs) of ITEM, READ and IDLE; targets as the task's loss needs them, batch first.

    `info` holds tensors, batch first, that only the scores need.
    """

    inputs: torch.Tensor
    targets: torch.Tensor
    info: Mapping[str, torch.Tensor]

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        info = {name: values.to(device) for name, values in self.info.items()}
        return Batch(self.inputs.to(device), self.targets.to(device), info)


class Task(Protocol):
    """A task that `network.training` can train.

    `name` is its registry name, `inputs`, `hidden`, `outputs` the topology that the source gives it, `headline` the
    score that early stopping watches (higher is better).
    """

    name: str
    inputs: int
    hidden: int
    outputs: int
    headline: str

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """`size` random trials."""
        ...

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Scalar; `outputs` (time, batch, outputs) of the network."""
        ...

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, float]:
        """Numbers by name."""
        ...

    def settings(self) -> dict[str, Any]:
        """What makes the task again, JSON."""
        ...


def block_codes(categories: int, generator: torch.Generator) -> torch.Tensor:
    """`categories` different patterns of 4 coloured blocks out of 9, shape (categories, 9).

    Raises:
        InputError: more than the 126 patterns that there are.
    """
    patterns = torch.zeros((len(list(combinations(range(BLOCKS), COLOURED))), BLOCKS))
    for row, chosen in enumerate(combinations(range(BLOCKS), COLOURED)):
        patterns[row, list(chosen)] = 1.0
    if not 1 <= categories <= len(patterns):
        raise InputError("too many categories", where="block_codes", found=categories, allowed=f"1 … {len(patterns)}")
    return patterns[torch.randperm(len(patterns), generator=generator)[:categories]]


def block_images(codes: torch.Tensor, side: int) -> torch.Tensor:
    """Codes (categories, 9) as flat images of 3 × 3 blocks of `side` × `side` pixels, (categories, 9·side²)."""
    grid = codes.reshape(-1, 3, 3)
    return grid.repeat_interleave(side, 1).repeat_interleave(side, 2).flatten(1)


def distinct_items(categories: int, items: int, size: int, generator: torch.Generator) -> torch.Tensor:
    """`size` random selections of `items` different categories in random order, (size, items)."""
    return torch.rand((size, categories), generator=generator).argsort(1)[:, :items]
