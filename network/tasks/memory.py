"""Tasks of working memory, as the Methods of Liu et al. describe them: n-back, free recall, interference."""

from __future__ import annotations

from functools import cached_property
from itertools import combinations
from typing import Annotated, Any, ClassVar, Literal

import torch
from pydantic import Field
from torch.nn import functional

from ipcircuit.errors import InputError
from ipcircuit.records import record
from network.tasks.task import READ, Batch, TrialTask

Delay = Annotated[int, Field(ge=0, le=1000)]
BLOCKS, COLOURED = 9, 4  # a 3 × 3 grid of blocks of which four are coloured
CONDITIONS = ("control", "proactive", "retroactive")
STEP_OF_DISTRACTOR = {1: 0, 2: 2}  # condition: step; the target comes at step 1 (the second)
ROWS, COLUMNS, CELL = 5, 10, 18  # the 5 × 10 grid of Fig. S5; 900 inputs / 50 cells


def block_codes(categories: int, generator: torch.Generator) -> torch.Tensor:
    """`categories` different patterns of 4 coloured blocks out of 9, shape (categories, 9).

    Raises InputError: more than the 126 patterns that there are.
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


@record
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
    items: Annotated[int, Field(ge=2, le=1000)] = 20
    letters: Annotated[int, Field(ge=2, le=126)] = 8  # patterns of 4 in 9 blocks
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


@record
class FreeRecall(TrialTask):
    """15 different items of 50 (4 in 9 blocks), a delay of idle steps, one read-out step of all inputs.

    Delays are mixed within a batch; shorter ones begin with idle steps, so that all trials end together. An item is
    recalled if its output is among the 15 largest, whatever the order; 0.3 by chance. The read-out step is assumed: a
    neuron that gets no pulse fires never, so its heat must be asked for.

    Args:
        delays: idle steps between the last item and the read-out.
        items: shown. categories: to choose from. alphabet: seed that draws the patterns.
    """

    delays: Annotated[tuple[Delay, ...], Field(min_length=1, max_length=100)] = (0, 3, 10)
    items: int = 15
    categories: int = 50
    alphabet: int = 0
    name: ClassVar[str] = "recall"
    inputs: ClassVar[int] = 225
    hidden: ClassVar[int] = 512
    outputs: ClassVar[int] = 50
    headline: ClassVar[str] = "recall"

    def __post_init__(self) -> None:
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


@record
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
        return functional.cross_entropy(outputs[-1], batch.targets)

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
