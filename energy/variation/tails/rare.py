"""Yield of a circuit whose copies rarely fail, by importance sampling over the deviates of its copies.

Plain copies need some 400 per failure seen to know the share of the failing to a tenth: at a yield of 99.9 %, hundred
thousand. Here copies are drawn where the circuit fails (`ipcircuit.reliability.importance`) and weighted. They are
simulated at the screening fidelity; a random part of the copies that count is simulated at the reference too, and
corrects the estimate, which is one of the reference.

Where a circuit predicts the margin of a copy from its deviates (`Testbench.margin_prediction`), the copies are drawn by
that prediction instead (`ipcircuit.reliability.guided`): for circuits that planes do not describe, or whose copies are
too dear for a search in hundreds of deviates.

A copy whose simulation fails, or that lacks what is limited, fails; one of which nothing is known, because its
simulator was killed, counts nowhere. No decks of failing copies are kept: half of them fail, as they are drawn to.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.characterize import Characterization, account
from energy.cost import SCOPES
from energy.variation.copies.dimensions import dimensions
from energy.variation.copies.fidelity import at_fidelity, fidelity_of
from energy.variation.copies.outcome import ENERGIES, Outcome, Status, quantities
from energy.variation.copies.rows import Rows
from energy.variation.copies.run import opened_store, run_copies
from energy.variation.tails.sensitivity import OF_FAILING, shares_record
from ipcircuit.errors import InputError
from ipcircuit.files import write_text_atomic
from ipcircuit.reliability.guided import LEAST_BUDGET, Guide, Predict, guided_probability
from ipcircuit.reliability.importance import LimitState, Reliability, failure_probability, least_budget
from ipcircuit.reliability.shares import spread_effects
from ipcircuit.spice.jobs import Progress

MARGIN = "margin_V"
LIMITED = (
    MARGIN,
    "latency_s",
    "spikes_per_operation",
    *(f"{scope}_{energy}_J" for scope in SCOPES for energy in ENERGIES),
)
FIDELITIES = ("multi", "screening", "reference")
BUDGET = 2000
SAMPLING = "importance sampling"
_REFERENCE_SHARE, _LEAST_REFERENCE, _LEAST_OF_GUIDED = 0.1, 100, 24
_FORM = "first-order reliability method: Φ(-distance)"


@dataclass(frozen=True)
class Limit:
    """What a copy must keep: a quantity of `energy.variation.copies.outcome.quantities` and its bound.

    Attributes:
        name: None: a copy must work; its margin says how far it is from that.
    """

    name: str | None = None
    value: float = 0.0

    def __post_init__(self) -> None:
        if self.name is not None and self.name not in LIMITED:
            raise InputError("no such quantity", where="limit", found=self.name, allowed=", ".join(LIMITED))
        if not math.isfinite(self.value):
            raise InputError("not a number", where=f"limit {self.name}", found=self.value, allowed="a finite number")

    @property
    def is_lowest(self) -> bool:
        """Whether less fails: of margins; of energies, times and spikes, more fails."""
        return self.name is None or self.name.startswith("margin")

    @property
    def quantity(self) -> str:
        """Column that says how far a copy is from failing."""
        return self.name or MARGIN

    def distance(self, outcome: Outcome) -> float:
        """Value of the limit state: negative if the copy fails, -inf if it has no value, NaN if nothing is known."""
        if not outcome.simulated:
            return math.nan
        value = outcome.values.get(self.quantity)
        if outcome.status is Status.FAILED or value is None or not math.isfinite(value):
            return math.inf if self.name is None and outcome.works else -math.inf
        distance = value - self.value if self.is_lowest else self.value - value
        if self.name is not None or (distance >= 0) == outcome.works:
            return distance
        # It works with a margin below zero: on the limit. It fails with one above: for another reason, without a value.
        return 0.0 if outcome.works else -math.inf

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; `fails` in words."""
        if self.name is None:
            return {"quantity": None, "value": None, "fails": "a copy that does not work"}
        return {"quantity": self.name, "value": self.value, "fails": "below" if self.is_lowest else "above"}


@dataclass(frozen=True)
class RareYield:
    """Share of the copies of a circuit that keep a limit.

    Attributes:
        names: of the deviates, in the order of the arrays in `reliability`.
        fidelity: of the copies; the reference's part is in `reliability`.
        guide: the circuit's prediction that chose the copies; None: planes did.
    """

    typical: Characterization
    seed: int
    limit: Limit
    names: tuple[str, ...]
    reliability: Reliability
    fidelity: Fidelity
    guide: Guide | None = None

    @property
    def share(self) -> float:
        """The yield."""
        return 1 - self.reliability.estimate.probability

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of the yield."""
        return 1 - self.reliability.estimate.high, 1 - self.reliability.estimate.low

    def to_json(self) -> dict[str, Any]:
        """The ``yield --json`` dictionary."""
        cost, result = self.typical.cost, self.reliability
        estimate, (low, high) = result.estimate, self.interval
        return {
            "circuit": cost.circuit,
            "basis": cost.basis,
            "simulator": cost.simulator,
            "conditions": cost.conditions_and_details,
            "seed": self.seed,
            "method": SAMPLING,
            "limit": self.limit.to_json(),
            "yield": {"share": self.share, "low": low, "high": high},
            "failing": {
                "probability": estimate.probability,
                "standard_error": estimate.standard_error,
                "low": estimate.low,
                "high": estimate.high,
                "coefficient_of_variation": estimate.coefficient_of_variation,
            },
            "effective_sample_size": estimate.effective_sample_size,
            "failing_effective_sample_size": estimate.failing_effective_sample_size,
            "copies": {
                "simulated": result.evaluations,
                "of_the_estimate": estimate.rows,
                "failing": estimate.failing,
                "not_simulated": result.unknown,
            },
            "fidelity": self._fidelity(),
            "plain_copies": estimate.plain_rows,
            "prediction": None if self.guide is None else asdict(self.guide),
            "deviates": list(self.names),
            "ways_to_fail": [
                {"distance": way.distance, "method": _FORM, "deviates": self._sorted(way.point)} for way in result.ways
            ],
            "sensitivity": self._sensitivity(),
            "warnings": list(result.warnings),
        }

    def _fidelity(self) -> dict[str, Any]:
        estimate = self.reliability.estimate
        corrected = estimate.reference_rows > 0
        return {
            "method": "multi" if corrected else self.fidelity.value,
            "reference": estimate.reference_rows if corrected else 0,
            "judged_otherwise": estimate.disagreeing,
        }

    def _sorted(self, point: np.ndarray) -> dict[str, float]:
        """Deviates by name, the largest first."""
        order = np.argsort(-np.abs(point), kind="stable")
        return {self.names[i]: float(point[i]) for i in order}

    def _sensitivity(self) -> dict[str, Any] | None:
        """Share of each deviate's spread in the failures; None with too few failures to tell."""
        effects = spread_effects(self.reliability.z, self.reliability.fails, self.reliability.weights)
        return None if effects is None else shares_record(self.names, effects, OF_FAILING)


def rare_yield(
    testbench: Testbench,
    budget: int = BUDGET,
    seed: int = 0,
    *,
    limit: Limit | None = None,
    fidelity: str = "multi",
    reference: int | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> RareYield:
    """Yield of a circuit from copies where it fails; the same seed gives the same copies.

    Args:
        budget: copies, those of the search among them.
        limit: what a copy must keep; default: it works.
        fidelity: ``"multi"`` (screening, corrected), ``"screening"`` or ``"reference"`` (all copies).
        reference: copies that are simulated at reference too (``"multi"``); default: a tenth of those that count, at
            least 100, or 24 where a prediction chooses the copies.
        folder: see `energy.variation.copies.run.opened_store`.

    Raises:
        InputError: a circuit that declares no variation or states no margin, an unknown quantity, too few copies; a
            folder that cannot be used.
        SimulationError: the circuit as designed failed.
    """
    if fidelity not in FIDELITIES:
        raise InputError("unknown fidelity", where="fidelity", found=fidelity, allowed=", ".join(FIDELITIES))
    names, bound = dimensions(testbench), limit or Limit()
    assert isinstance(testbench, SampledTestbench)  # else it has no dimensions
    exact = at_fidelity(testbench, Fidelity.REFERENCE)
    first = exact if fidelity == "reference" else at_fidelity(testbench, Fidelity.SCREENING)
    predict = _prediction(first, bound, names, n_jobs)
    least = least_budget(len(names)) if predict is None else LEAST_BUDGET
    if budget < least:
        allowed = f"{least} or more for {len(names)} deviates"
        raise InputError("too few copies to find what fails", where="runs", found=budget, allowed=allowed)
    again = 0 if fidelity != "multi" or first is exact else _reference_copies(reference, budget, predict is not None)
    with opened_store(testbench, folder, seed=seed, sampling=SAMPLING) as store:
        typical = account(exact.measure(n_jobs=n_jobs))
        _check_limit(bound, typical)
        run = partial(run_copies, driver=typical.driver, store=store, n_jobs=n_jobs, decks=False)
        rows = Rows("importance", seed, names, run, progress, budget + again)

        def distances(at: SampledTestbench, z: np.ndarray) -> np.ndarray:
            return np.array([bound.distance(outcome) for outcome in rows.outcomes(at, z)])

        judges = partial(distances, first), partial(distances, exact)
        result, guide = _found(*judges, predict, len(names), seed, budget, again)
    return RareYield(typical, seed, bound, names, result, fidelity_of(first), guide)


def _prediction(testbench: Any, limit: Limit, names: Sequence[str], n_jobs: int | None) -> Predict | None:
    """How far copies are from their limit as the circuit predicts it; None where it does not."""
    offered = getattr(testbench, "margin_prediction", None)
    margins = offered(names, n_jobs=n_jobs) if offered is not None and limit.quantity == MARGIN else None
    return None if margins is None else lambda z: margins(z) - limit.value


def _found(
    first: LimitState, exact: LimitState, predict: Predict | None, deviates: int, seed: int, budget: int, again: int
) -> tuple[Reliability, Guide | None]:
    """The estimate: by the prediction where there is one, by planes elsewhere."""
    options: dict[str, Any] = {"seed": seed, "budget": budget, "reference": exact, "reference_rows": again}
    if predict is None:
        return failure_probability(first, deviates, **options), None
    return guided_probability(first, predict, deviates, **options)


def write_rare_yield(folder: Path, text: str) -> None:
    """``yield.json`` (`text`) in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    write_text_atomic(folder / "yield.json", text)


def _reference_copies(asked: int | None, budget: int, guided: bool) -> int:
    least = _LEAST_OF_GUIDED if guided else _LEAST_REFERENCE
    return max(least, round(_REFERENCE_SHARE * budget)) if asked is None else min(asked, budget)


def _check_limit(limit: Limit, typical: Characterization) -> None:
    """Raise InputError for a quantity that the circuit as designed does not have."""
    known = {name: value for name, value in quantities(typical.cost, typical.measurement).items() if value is not None}
    if limit.quantity not in known:
        problem = "the circuit states no margin" if limit.name is None else "the circuit has no such quantity"
        raise InputError(problem, where="limit", found=limit.quantity, allowed=f"a limit of {', '.join(known)}")
