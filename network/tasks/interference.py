"""Proactive and retroactive interference, with and without a cue (Methods; Fig. 3c-e, S5)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Literal

import torch

from ipcircuit.errors import InputError
from network.tasks.task import READ, Batch, TrialTask, block_codes, block_images, distinct_items

CONDITIONS = ("control", "proactive", "retroactive")
STEP_OF_DISTRACTOR = {1: 0, 2: 2}  # condition: step; the target comes at step 1 (the second)
ROWS, COLUMNS, CELL = 5, 10, 18  # the 5 × 10 grid of Fig. S5; 900 inputs / 50 cells


@dataclass(frozen=True)
class Interference(TrialTask):
    """A target at t = 2, a distractor before (proactive), after (retroactive) or not at all; name what was shown.

    One network learns all three conditions, each in a third of the trials. It is trained on both items ("to retain both
    the distractor and the target"), as equal shares of a softmax; the target counts as recalled if its output is above
    those of all items that were not shown, a criterion that is alike in all conditions. Scores: accuracy by condition,
    its loss in points against control, and the same relative to control (Fig. 3e).

    Args:
        similarity: ``low``, one of 50 cells of 18 inputs (one-hot); ``high``, 4 in 9 blocks of 100 inputs.
        cued: the read-out reaches only the row of the 5 × 10 grid that holds the target; needs ``low``.
        readout: ``after``: a read-out step of its own follows the three item steps (Fig. 3c's fourth step);
            ``during``: read at t = 3 (Methods), inputs without an item getting the read pulse.
        alphabet: seed that draws the patterns.

    Methods let the third step be empty and be the one at which the network answers. A neuron without a pulse fires
    never, so an empty step cannot be read: either reading pulses come with it (``during``) or after it (``after``).
    """

    similarity: Literal["low", "high"] = "low"
    cued: bool = False
    readout: Literal["after", "during"] = "after"
    alphabet: int = 0
    name: ClassVar[str] = "interference"
    inputs: ClassVar[int] = 900
    hidden: ClassVar[int] = 225
    outputs: ClassVar[int] = 50
    always: ClassVar[tuple[str, ...]] = ("similarity",)
    headline: ClassVar[str] = "accuracy"

    def __post_init__(self) -> None:
        if self.similarity not in ("low", "high"):
            raise InputError("unknown similarity", where="similarity", found=self.similarity, allowed="low, high")
        if self.readout not in ("after", "during"):
            raise InputError("unknown read-out", where="readout", found=self.readout, allowed="after, during")
        if self.cued and self.similarity == "high":
            raise InputError(
                "a cue names a row of the grid, which only one-hot items have", where="cued", allowed="similarity low"
            )

    @cached_property
    def images(self) -> torch.Tensor:
        """Items as inputs, (50, 900)."""
        if self.similarity == "low":
            return torch.eye(self.outputs).repeat_interleave(CELL, 1)
        return block_images(block_codes(self.outputs, torch.Generator().manual_seed(self.alphabet)), 10)

    def batch(self, size: int, generator: torch.Generator) -> Batch:
        """Random trials; targets (batch, 50) sum to 1; `condition`, `target` (batch) for the scores."""
        condition = torch.randint(len(CONDITIONS), (size,), generator=generator)
        pair = distinct_items(self.outputs, 2, size, generator)
        return self.trials(condition, pair[:, 0], pair[:, 1])

    def trials(self, condition: torch.Tensor, target: torch.Tensor, distractor: torch.Tensor) -> Batch:
        """Given trials: index into `CONDITIONS`, and items, each of shape (batch); a control has no distractor."""
        size = len(target)
        inputs = torch.zeros((3 if self.readout == "during" else 4, size, self.inputs))
        inputs[1] = self.images[target]
        for number, step in STEP_OF_DISTRACTOR.items():
            chosen = condition == number
            inputs[step, chosen] = self.images[distractor[chosen]]
        inputs[-1] = torch.where(inputs[-1] > 0, inputs[-1], READ * self._reached(target))
        targets = torch.zeros((size, self.outputs)).scatter_(1, target[:, None], 1.0)
        with_distractor = condition > 0
        targets[with_distractor, distractor[with_distractor]] = 1.0
        targets /= targets.sum(1, keepdim=True)
        return Batch(inputs, targets, {"condition": condition, "target": target})

    def _reached(self, target: torch.Tensor) -> torch.Tensor:
        """Inputs that the read pulse reaches, (batch, inputs)."""
        if not self.cued:
            return torch.ones((len(target), self.inputs))
        row = torch.arange(ROWS).repeat_interleave(COLUMNS * CELL)
        return (row == (target // COLUMNS)[:, None]).float()

    def loss(self, outputs: torch.Tensor, batch: Batch) -> torch.Tensor:
        """Cross-entropy of the last step."""
        return torch.nn.functional.cross_entropy(outputs[-1], batch.targets)

    def scores(self, outputs: torch.Tensor, batch: Batch) -> dict[str, Any]:
        """See the class."""
        last, condition, target = outputs[-1], batch.info["condition"], batch.info["target"]
        not_shown = batch.targets == 0
        recalled = ~((last >= last.gather(1, target[:, None])) & not_shown).any(1)
        accuracy: dict[str, float] = {}
        for number, name in enumerate(CONDITIONS):
            chosen = recalled[condition == number]
            if not len(chosen):
                raise InputError("too few trials for every condition", where="trials", found=len(target))
            accuracy[name] = chosen.float().mean().item()
        control = accuracy["control"]
        scores = {"accuracy": sum(accuracy.values()) / 3, **{f"accuracy_{k}": v for k, v in accuracy.items()}}
        for short, name in (("PI", "proactive"), ("RI", "retroactive")):
            scores[f"{short}_points"] = 100 * (control - accuracy[name])
            scores[f"{short}_relative"] = (control - accuracy[name]) / control if control else 0.0
        return scores
