"""The best designs of a sizing's front as further copies, at screening and at reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from circuits.conditions import Fidelity
from energy.variation.sizing.evaluation import Evaluation
from energy.variation.sizing.space import OBJECTIVES, Aim
from ipcircuit.statistics import wilson_interval


@dataclass(frozen=True)
class Confirmation:
    """A design of the front as further copies, the same ones at both fidelities.

    Attributes:
        place: in the front, from 1.
    """

    place: int
    screening: Evaluation
    reference: Evaluation

    def to_json(self, target: float) -> dict[str, Any]:
        """Values of the design, and what the copies of each fidelity say; `reaches` is that of the reference."""
        share = self.reference.share
        return {
            "design": self.place,
            **self.reference.values,
            "screening": _copies_row(self.screening),
            "reference": _copies_row(self.reference),
            "reaches": share is not None and share >= target,
        }


def _copies_row(evaluation: Evaluation) -> dict[str, Any]:
    names = ("yield", "yield_low", "yield_high", "working", "copies", "yield_from")
    row = evaluation.row()
    counted = wilson_interval(evaluation.working, evaluation.copies, 0.95) if evaluation.copies else (None, None)
    return {**{name: row[name] for name in names}, "counted_low": counted[0], "counted_high": counted[1]}


def confirmed_at_reference(
    front: Sequence[Evaluation],
    aim: Aim,
    designs: int,
    evaluate: Callable[..., Evaluation],
) -> tuple[Confirmation, ...]:
    """The designs with the smallest product of costs, the smallest first, as copies at both fidelities.

    Args:
        evaluate: called with the values of a design and ``fidelity``.
    """

    def product(place: int) -> float:
        costs = [front[place].costs.get(OBJECTIVES[name]) for name in aim.objectives]
        return math.prod(math.inf if cost is None else cost for cost in costs)

    confirmations = []
    for place in sorted(range(len(front)), key=product)[:designs]:
        screening, reference = (
            evaluate(front[place].values, fidelity=fidelity) for fidelity in (Fidelity.SCREENING, Fidelity.REFERENCE)
        )
        confirmations.append(Confirmation(place + 1, screening, reference))
    return tuple(confirmations)
