"""Sizing of a circuit: the cheapest designs that reach a yield.

A search (`energy.variation.sizing.search`) proposes designs; each is simulated as designed for its cost, and as random
copies at screening fidelity for its yield, the same copies at every point, so that points differ by their sizes only.
What would be in the Pareto front is simulated again as other, more copies: a search finds what its own copies happen to
like, and the estimate from them is too high. The best of the front can be simulated once more, as copies that neither
has seen, at the reference fidelity.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.variation.copies.outcome import csv_text
from energy.variation.copies.run import configuration_of
from energy.variation.sizing.confirmation import Confirmation, confirmed_at_reference
from energy.variation.sizing.evaluation import Evaluation, evaluated
from energy.variation.sizing.front import best_of, confirmed, unbeaten
from energy.variation.sizing.search import search, version
from energy.variation.sizing.space import Aim, Variable
from energy.variation.sizing.work import Effort as Effort
from energy.variation.sizing.work import Work
from ipcircuit.errors import InputError
from ipcircuit.journal import Journal
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Progress


@dataclass(frozen=True)
class Sizing:
    """Result of a search.

    Attributes:
        today: the circuit as it is without the sizing, confirmed.
        evaluations: of the search, in their order.
        front: the confirmed designs that reach the target and that no other one beats in every objective, by area.
        best: the confirmed design of highest yield where none reaches the target; None where one does.
        published: costs that the circuit's source states, by name.
        confirmations: of the best of the front, the best first.
    """

    circuit: str
    variables: tuple[Variable, ...]
    aim: Aim
    effort: Effort
    seed: int
    today: Evaluation
    evaluations: tuple[Evaluation, ...]
    front: tuple[Evaluation, ...]
    best: Evaluation | None
    published: Mapping[str, float] = field(default_factory=dict)
    confirmations: tuple[Confirmation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The ``size --json`` dictionary."""
        return {
            "circuit": self.circuit,
            "vary": [v.text() for v in self.variables],
            "target": {"yield": self.aim.share},
            "objectives": list(self.aim.objectives),
            "scope": self.aim.scope,
            "seed": self.seed,
            "evaluations": len(self.evaluations),
            "copies": self.effort.copies,
            "confirmed_by": self.effort.front_copies,
            "model": f"optuna {version()}, {self.effort.model}",
            "reached": bool(self.front),
            "published": dict(self.published),
            "today": self.today.row(),
            "front": [e.row() for e in self.front],
            "at_reference": [c.to_json(self.aim.share) for c in self.confirmations],
            "best": None if self.best is None else self.best.row(),
            "points": [e.row() for e in self.evaluations],
        }

    def csv(self) -> str:
        """One line per design: today's, the confirmed front, its best at reference, then those of the search; empty
        where not obtained."""
        groups = (
            ("today", (self.today,)),
            ("front", self.front),
            ("reference", tuple(c.reference for c in self.confirmations)),
            ("search", self.evaluations),
        )
        return csv_text([{"stage": stage, **e.row()} for stage, group in groups for e in group])

    def unreached(self) -> str:
        """What is the best that was found, where no design reaches the target."""
        return f"target not reached in {len(self.evaluations)} designs; best found: {_described(self.best)}"


def _described(best: Evaluation | None) -> str:
    if best is None or best.share is None:
        return "none that works as designed"
    values = ", ".join(
        f"{name}={value if isinstance(value, str) else format(value, '.4g')}" for name, value in best.values.items()
    )
    interval = "" if best.low is None or best.high is None else f" ({100 * best.low:.4g} to {100 * best.high:.4g} %)"
    return f"yield {100 * best.share:.4g} %{interval} at {values}"


def size(
    testbench: Testbench,
    variables: Sequence[Variable],
    aim: Aim,
    *,
    effort: Effort | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> Sizing:
    """Search the variables for designs with the yield of `aim` and small objectives.

    Args:
        testbench: the circuit as it is today, under its conditions.
        n_jobs: copies at a time; the result does not depend on it.
        progress: called with (copies, all of them), see `energy.variation.sizing.work`.
        folder: for the journal of evaluations, which a later call of the same goes on with.

    Raises:
        InputError: no variables, one twice, one that the circuit does not have or whose ends it refuses; a circuit that
            declares no variation; a folder that cannot be written, is in use, or holds another search.
        MissingDependencyError: no optuna.
    """
    chosen = effort or Effort()
    _check(testbench, variables)
    configuration = {} if folder is None else _configuration(testbench, variables, aim, chosen, seed)
    with Journal.opened(folder, configuration, Evaluation) as journal:
        known = _Known(journal, testbench, aim, seed, n_jobs, journal.keys(), Work(progress, chosen))
        today = {v.name: value for v in variables if (value := _today(testbench, v.name)) is not None}
        inside = len(today) == len(variables) and all(v.holds(today[v.name]) for v in variables)
        results = search(
            variables,
            aim,
            known.searched,
            evaluations=chosen.evaluations,
            seed=seed,
            model=chosen.model,
            first=[today] if inside else [],
        )
        others = confirmed(results, aim, known.confirmed)
        front = tuple(sorted(unbeaten(others, aim), key=lambda e: e.costs["area_um2"] or 0.0))
        best = None
        if not front:
            candidates = [e for e in others if e.share is not None] or [best_of(results, known.confirmed)]
            best = max(candidates, key=lambda e: -1.0 if e is None or e.share is None else e.share)
            if best is not None and best.share is not None and best.share >= aim.share:  # the search thought less of it
                front, best = (best,), None
        found = (known.confirmed(today), tuple(results), front, best, dict(testbench.published))
        at_reference = confirmed_at_reference(front, aim, chosen.confirm, known.at)
        return Sizing(testbench.name, tuple(variables), aim, chosen, seed, *found, at_reference)


@dataclass(frozen=True)
class _Known:
    """Evaluations of one testbench: from the journal, or simulated and put there."""

    journal: Journal[Evaluation]
    testbench: Testbench
    aim: Aim
    seed: int
    n_jobs: int | None
    stored: set[str]
    work: Work
    front: list[Evaluation] = field(default_factory=list)

    def searched(self, values: Mapping[str, float | str]) -> Evaluation:
        """A design as the copies of the search, which may join the front so far."""
        result = self.evaluation(values, 0, self.work.effort.copies)
        self.front[:] = unbeaten([*self.front, result], self.aim)
        self.work.add(self.work.effort.copies, front=len(self.front))
        return result

    def confirmed(self, values: Mapping[str, float | str]) -> Evaluation:
        """A design as copies that the search has not seen."""
        effort = self.work.effort
        result = self.evaluation(values, effort.copies, effort.front_copies)
        self.work.add(effort.front_copies)
        return result

    def at(self, values: Mapping[str, float | str], fidelity: Fidelity) -> Evaluation:
        """A design at a fidelity as copies that neither search nor front has seen."""
        effort = self.work.effort
        result = self.evaluation(values, effort.copies + effort.front_copies, effort.confirm_copies, fidelity)
        self.work.add(effort.confirm_copies)
        return result

    def evaluation(
        self, values: Mapping[str, float | str], start: int, copies: int, fidelity: Fidelity = Fidelity.SCREENING
    ) -> Evaluation:
        """One design with `copies` copies from number `start` on."""
        at = [] if fidelity is Fidelity.SCREENING else [fidelity.value]
        key = json.dumps([dict(sorted(values.items())), start, copies, *at])
        result = self.journal.result(key) if key in self.stored else None
        if result is None:
            samples = [Sample(self.seed, start + i) for i in range(copies)]
            result = evaluated(self.testbench, values, self.aim.scope, samples, fidelity=fidelity, n_jobs=self.n_jobs)
            self.journal.append_all([(key, result)])
            self.stored.add(key)
        return result


def _check(testbench: Testbench, variables: Sequence[Variable]) -> None:
    """Raise InputError for variables that cannot be searched."""
    if not isinstance(testbench, SampledTestbench):
        raise InputError("this circuit declares no variation", where="size", found=testbench.name)
    names = [v.name for v in variables]
    if not names:
        raise InputError("nothing to vary", where="--vary", allowed="NAME=LO:HI, once or more")
    known = [name for group in testbench.settings for name in group.names]
    for name in names:
        if name not in known:
            message = f"circuit {testbench.name} has no parameter of this name"
            raise InputError(message, where="--vary", found=name, allowed=", ".join(known))
        if names.count(name) > 1:
            raise InputError("given twice", where="--vary", found=name)
    sides = [{v.name: v.ends[place] for v in variables} for place in (0, -1)]
    for v in variables:
        for end in v.ends:
            refusals = [_refusal(testbench, {**others, v.name: end}) for others in ({}, *sides)]
            if all(refusals):  # whatever the others are
                raise InputError(f"{refusals[0]}", where=f"--vary {v.name}")


def _refusal(testbench: Testbench, values: Mapping[str, float | str]) -> InputError | None:
    try:
        testbench.with_settings(**values)
    except InputError as refused:
        return refused
    return None


def _today(testbench: Testbench, name: str) -> float | str | None:
    for group in testbench.settings:
        if name in group.names:
            return group.values(testbench).get(name)
    return None


def _configuration(
    testbench: Testbench, variables: Sequence[Variable], aim: Aim, effort: Effort, seed: int
) -> dict[str, str]:
    """Everything that decides an evaluation and which ones are asked for; their number does not."""
    return {
        **configuration_of(testbench, seed, "plain"),
        "command": "size",
        "vary": " ".join(v.text() for v in variables),
        "aim": f"{aim.share!r} {' '.join(aim.objectives)} {aim.scope}",
        "model": f"{effort.model}, optuna {version()}",
    }
