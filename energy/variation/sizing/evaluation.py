"""Evaluation of one design: its cost, simulated as designed, and its yield, from random copies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from circuits.conditions import Fidelity
from circuits.testbench import Testbench
from energy.characterize import Characterization, cost_record
from energy.variation.copies.outcome import Outcome
from energy.variation.copies.run import run_copies
from energy.variation.sizing.tail import Yield, estimated
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.journal import Journal
from ipcircuit.sampling import Sample

SCOPES = ("paper", "circuit", "system")


@dataclass(frozen=True)
class Evaluation:
    """One design.

    Attributes:
        values: of the settings that are varied.
        costs: by name with unit, in the scope of the sizing; None where not obtained.
        others: energies and areas in all scopes.
        transistors: of the neuron.
        margin_V: of the design; None where the circuit states none.
        share: yield estimated from the copies; None: none was simulated, as the design itself does not work.
        low, high: its 95 % interval.
        working, copies: counted.
        fitted: whether the estimate is from the margins of the copies; else counted.
        cause: why the design does not work.
    """

    values: Mapping[str, float | str]
    costs: Mapping[str, float | None] = field(default_factory=dict)
    others: Mapping[str, float | None] = field(default_factory=dict)
    transistors: int | None = None
    margin_V: float | None = None
    share: float | None = None
    low: float | None = None
    high: float | None = None
    working: int = 0
    copies: int = 0
    fitted: bool = False
    cause: str | None = None

    def row(self) -> dict[str, Any]:
        """Flat dictionary for tables; None where not obtained."""
        return {
            **self.values,
            **self.costs,
            **self.others,
            "transistors": self.transistors,
            "margin_V": self.margin_V,
            "yield": self.share,
            "yield_low": self.low,
            "yield_high": self.high,
            "working": self.working,
            "copies": self.copies,
            "yield_from": "margins" if self.fitted else "count",
            "cause": self.cause,
        }


def evaluated(
    testbench: Testbench,
    values: Mapping[str, float | str],
    scope: str,
    samples: Sequence[Sample],
    *,
    fidelity: Fidelity = Fidelity.SCREENING,
    n_jobs: int | None = None,
) -> Evaluation:
    """Cost and yield of a testbench with other values of its settings; a design that does not work is a result too.

    Args:
        samples: copies, none of which are simulated of a design that does not work.
        fidelity: of the copies.
    """
    try:
        design = testbench.with_settings(**values)
        cost = cost_record(design.measure(n_jobs=n_jobs))
    except SimulationError as error:
        return Evaluation(dict(values), cause=error.cause)
    except InputError as refused:
        return Evaluation(dict(values), cause=str(refused))
    found = _costed(values, cost, scope)
    if cost.cost.warnings:
        return found
    sampled = design.at_fidelity(fidelity)
    with Journal.opened(None, {}, Outcome) as store:
        outcomes = list(run_copies(sampled, samples, driver=cost.driver, store=store, n_jobs=n_jobs))  # pyright: ignore[reportArgumentType]
    simulated = [o for o in outcomes if o.simulated]
    if not simulated:
        raise SimulationError(testbench.name, "random copies", str(outcomes[0].cause), None)
    share = estimated([o.values.get("margin_V") for o in simulated], [o.works for o in simulated])
    return _with_yield(found, share)


def _costed(values: Mapping[str, float | str], found: Characterization, scope: str) -> Evaluation:
    cost = found.cost
    counted = cost.scopes[scope]
    costs = {
        "energy_per_operation_J": counted.energy_per_operation_J,
        "area_um2": counted.area_um2,
        "latency_s": cost.latency_s,
    }
    others = {
        f"{name}_{key}": getattr(cost.scopes[name], key)
        for name in SCOPES
        for key in ("energy_per_operation_J", "area_um2")
    }
    cause = "; ".join(cost.warnings) or None
    return Evaluation(dict(values), costs, others, cost.transistors, found.measurement.margin_V, cause=cause)


def _with_yield(found: Evaluation, share: Yield) -> Evaluation:
    return replace(
        found,
        share=share.share,
        low=share.low,
        high=share.high,
        working=share.working,
        copies=share.copies,
        fitted=share.fitted,
    )
