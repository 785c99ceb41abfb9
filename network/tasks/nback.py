"""The n-back task: does the current item match the one n steps earlier? (Methods, n-back; Fig. 3b, S7)"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import torch
from torch.nn import functional

from ipcircuit.errors import InputError
from network.tasks.task import Batch, TrialTask, block_codes, block_images


@dataclass(frozen=True)
class NBack(TrialTask):
    """8 letters of 4 in 9 blocks (5 × 5 pixels each), sequences of 20 random ones, an answer at every step.

    Score: PR = true less false positive rate, without the first n steps. The loss weighs both answers equally
    (assumed): one in eight items matches, and PR gives both rates the same weight.

    Args:
        n: distance of the comparison.
        items: length of a sequence. letters: size of the alphabet.
        alphabet: seed that draws the letters' patterns.
    """

    n: int = 2
    items: int = 20
    letters: int = 8
    alphabet: int = 0
    name: ClassVar[str] = "nback"
    inputs: ClassVar[int] = 225
    hidden: ClassVar[int] = 225
    outputs: ClassVar[int] = 2
    always: ClassVar[tuple[str, ...]] = ("n",)
    headline: ClassVar[str] = "PR"

    def __post_init__(self) -> None:
        if not 1 <= self.n < self.items:
            raise InputError("n out of range", where="n", found=self.n, allowed=f"1 … {self.items - 1}")

    @cached_property
    def images(self) -> torch.Tensor:
        """Letters as inputs, (letters, 225)."""
        return block_images(block_codes(self.letters, torch.Generator().manual_seed(self.alphabet)), 5)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """Random sequences; targets (batch, time) of 0 or 1, −1 in the first n steps."""
        letters = torch.randint(self.letters, (size, self.items), generator=generator)
        targets = torch.full_like(letters, -1)
        targets[:, self.n :] = (letters[:, self.n :] == letters[:, : -self.n]).long()
        return Batch(self.images[letters.T], targets, {"letters": letters})

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy over the steps with an answer, each class with weight 1 / its expected share."""
        weight = outputs.new_tensor([self.letters / (self.letters - 1), float(self.letters)]) / 2
        return functional.cross_entropy(
            outputs.flatten(0, 1), batch.targets.T.flatten(), weight=weight, ignore_index=-1
        )

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, float]:
        """PR and its two rates."""
        answer, target = outputs.argmax(-1).T, batch.targets
        if not ((target == 1).any() and (target == 0).any()):
            raise InputError("too few trials: no item matches", where="trials", found=len(target))
        hit, false = answer[target == 1].float().mean().item(), answer[target == 0].float().mean().item()
        return {"PR": hit - false, "true_positive_rate": hit, "false_positive_rate": false}
