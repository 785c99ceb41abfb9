"""Steps and samples in the tensors of a network: by them sums become counts per step and per sample."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from network.accounting.counting.events import LayerEvents

Shape = Sequence[int]


@dataclass
class Layout:
    """Steps and samples of the network's run so far.

    A layer may see (time, batch, ...), one step (batch, ...), or time folded into the batch; from what it saw in all
    follow its steps: those of the network, or one where time was averaged before it.

    Attributes:
        steps: of a sample. samples: run so far.
        call: steps and batch of the network's call in progress; None outside of one.
        batch_first: whether tensors of several steps have the batch before the time.
    """

    steps: int = 0
    samples: int = 0
    call: tuple[int, int] | None = None
    batch_first: bool = False
    _pairs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    _batches: int = 0

    def begin(self, steps: int, batch: int) -> None:
        """A batch of so many steps and samples follows."""
        self.steps = self.steps or steps
        self.samples += batch
        self._batches += 1

    def pairs(self, shape: Shape, features: int | None = None) -> int | None:
        """Pairs of a step and a sample in a tensor; None where its shape does not say.

        Args:
            features: number of its last axes that belong to one sample, where that is known.
        """
        if features is not None:
            return math.prod(shape[:-features])
        if self.call is None:
            return None
        steps, batch = self.call
        both = (batch, steps) if self.batch_first else (steps, batch)
        if len(shape) > 1 and tuple(shape[:2]) == both:
            return steps * batch
        if (first := math.prod(shape[:1])) in (batch, steps * batch):
            return first
        return first * shape[1] if len(shape) > 2 and shape[1] == both[1] else None

    def settle(self, row: LayerEvents, shape: Shape, pairs: int | None, outputs: int, *, repeated: bool = True) -> None:
        """Add a call of a layer: its input's shape, the pairs in it, and its output's numbers.

        Args:
            repeated: several calls in a network of one step are steps of the layer, which the network repeats; else
                they are at different places of one step.
        """
        if pairs is None or not self.samples:  # called outside of the network: time and batch are its first axes
            steps, batch = (shape[0], shape[1]) if len(shape) > 2 else (1, shape[0])
            row.steps, row.trials = steps, row.trials + batch
            row.units, row.outputs = math.prod(shape) // (steps * batch), outputs // (steps * batch)
            return
        self._pairs[row.layer] += pairs
        self._calls[row.layer] += 1
        each = self._pairs[row.layer] / self.samples
        calls = self._calls[row.layer] // self._batches if repeated else 1
        row.trials = self.samples
        row.steps = self._steps(each, calls)
        share = max(1, round(each / row.steps))
        row.units, row.outputs = math.prod(shape) // pairs * share, outputs // pairs * share

    def _steps(self, each: float, calls: int) -> int:
        """Steps of a layer that saw so many pairs per sample, in so many calls per batch."""
        if self.steps > 1 and each % self.steps == 0:
            return self.steps
        if self.steps > 1:
            return max(1, math.ceil(each))
        return max(1, calls)
