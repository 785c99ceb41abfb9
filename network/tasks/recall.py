"""Free recall: which 15 of 50 items were shown, after a delay? (Methods, free recall; Fig. 3g, 3h)"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import torch
from torch.nn import functional

from ipcircuit.errors import InputError
from network.tasks.task import READ, Batch, TrialTask, block_codes, block_images, distinct_items


@dataclass(frozen=True)
class FreeRecall(TrialTask):
    """15 different items of 50 (4 in 9 blocks), a delay of idle steps, one read-out step of all inputs.

    Delays are mixed within a batch; shorter ones begin with idle steps, so that all trials end together. An item is
    recalled if its output is among the 15 largest, whatever the order; 0.3 by chance. The read-out step is assumed: a
    neuron that gets no pulse fires never, so its heat must be asked for.

    Args:
        delays: idle steps between the last item and the read-out.
        items: shown. categories: to choose from. alphabet: seed that draws the patterns.
    """

    delays: tuple[int, ...] = (0, 3, 10)
    items: int = 15
    categories: int = 50
    alphabet: int = 0
    name: ClassVar[str] = "recall"
    inputs: ClassVar[int] = 225
    hidden: ClassVar[int] = 512
    outputs: ClassVar[int] = 50
    headline: ClassVar[str] = "recall"

    def __post_init__(self) -> None:
        if not self.delays or min(self.delays) < 0:
            raise InputError("delays are numbers of steps", where="delays", found=self.delays, allowed=">= 0")
        if not 1 <= self.items <= self.categories or self.categories != self.outputs:
            raise InputError("items out of range", where="items", found=self.items, allowed=f"1 … {self.categories}")

    @cached_property
    def images(self) -> torch.Tensor:
        """Items as inputs, (categories, 225)."""
        return block_images(block_codes(self.categories, torch.Generator().manual_seed(self.alphabet)), 5)

    @property
    def steps(self) -> int:
        """Length of a trial."""
        return self.items + max(self.delays) + 1

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """Random trials; targets (batch, categories), 0 or 1; for scores `order` (batch, items) and `delay` (batch)."""
        order = distinct_items(self.categories, self.items, size, generator)
        delay = torch.tensor(self.delays)[torch.randint(len(self.delays), (size,), generator=generator)]
        inputs = torch.zeros((self.steps, size, self.inputs))
        first = max(self.delays) - delay
        for position in range(self.items):
            inputs[first + position, torch.arange(size)] = self.images[order[:, position]]
        inputs[-1] = READ
        targets = torch.zeros((size, self.categories)).scatter_(1, order, 1.0)
        return Batch(inputs, targets, {"order": order, "delay": delay})

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Binary cross-entropy of the outputs of the last step."""
        return functional.binary_cross_entropy_with_logits(outputs[-1], batch.targets)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """Recall over all; by delay: by serial position, and the recency effect (last 3 less middle 5 positions)."""
        named = torch.zeros_like(batch.targets).scatter_(1, outputs[-1].topk(self.items, dim=1).indices, 1.0)
        recalled = named.gather(1, batch.info["order"])
        scores: dict[str, Any] = {"recall": recalled.mean().item()}
        middle = (self.items - 5) // 2
        for delay in self.delays:
            chosen = recalled[batch.info["delay"] == delay]
            if not len(chosen):
                raise InputError("too few trials for every delay", where="trials", found=len(recalled))
            position = chosen.mean(0)
            scores[f"position_delay{delay}"] = [round(v, 6) for v in position.tolist()]
            recency = position[-3:].mean() - position[middle : middle + 5].mean()
            primacy = position[:3].mean() - position[middle : middle + 5].mean()
            scores[f"recency_delay{delay}"], scores[f"primacy_delay{delay}"] = recency.item(), primacy.item()
        return scores
