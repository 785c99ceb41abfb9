"""The Pareto front of a search, and its designs as other copies than the search has seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

from energy.variation.sizing.evaluation import Evaluation
from energy.variation.sizing.space import OBJECTIVES, Aim


def _dominates(one: Evaluation, other: Evaluation, aim: Aim) -> bool:
    """What neither has, such as a latency of a circuit without one, decides nothing."""
    both = [(one.costs.get(OBJECTIVES[o]), other.costs.get(OBJECTIVES[o])) for o in aim.objectives]
    pairs = [pair for pair in both if pair != (None, None)]
    if not pairs or any(a is None for a, _ in pairs):
        return False
    known = [(a, b) for a, b in pairs if a is not None and b is not None]
    return all(a <= b for a, b in known) and (len(known) < len(pairs) or any(a < b for a, b in known))


def unbeaten(evaluations: Sequence[Evaluation], aim: Aim) -> list[Evaluation]:
    """Those that reach the target and that none of the others beats, each design once."""
    reached = [e for e in evaluations if e.share is not None and e.share >= aim.share]
    kept = [e for e in reached if not any(_dominates(other, e, aim) for other in reached)]
    return list({json.dumps(dict(e.values)): e for e in kept}.values())


def confirmed(
    evaluations: Sequence[Evaluation], aim: Aim, confirm: Callable[[Mapping[str, float | str]], Evaluation]
) -> list[Evaluation]:
    """Confirmed evaluations of all designs that are in the front or would be, were those before them not confirmed."""
    known: dict[str, Evaluation] = {}
    while True:
        latest = [known.get(json.dumps(dict(e.values)), e) for e in evaluations]
        missing = [e for e in unbeaten(latest, aim) if json.dumps(dict(e.values)) not in known]
        if not missing:
            return list(known.values())
        for e in missing:
            known[json.dumps(dict(e.values))] = confirm(e.values)


def best_of(
    evaluations: Sequence[Evaluation], confirm: Callable[[Mapping[str, float | str]], Evaluation]
) -> Evaluation | None:
    """The evaluation of highest yield, confirmed."""
    known = [e for e in evaluations if e.share is not None]
    return confirm(max(known, key=lambda e: e.share or 0.0).values) if known else None
