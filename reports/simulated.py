"""Cost record and transfer curves of a named circuit under its default conditions, for every part of the report.

Simulations are cached on disk (`ipcircuit.spice.cache`); what Python makes of them is kept here for one process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache

from circuits.conditions import Conditions
from circuits.measurement import CurveCheck
from energy.characterize import Characterization, characterize
from energy.cost import NeuronCost
from energy.variation.montecarlo.montecarlo import monte_carlo
from ipcircuit.families import BUILT_IN, CIRCUITS
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import simulator_build

COPIES, AT_REFERENCE = 400, 24  # random copies of a circuit, and those of them that correct the others


def setting(simulator: str, conditions: Conditions) -> str:
    """Simulator, corner, temperature and supply, for a caption."""
    c = conditions
    return f"{simulator}, 28 nm card at {c.corner.upper()}, {c.temperature_C:g} °C, V_DD = {c.v_dd:g} V"


@cache
def characterization(circuit: str, jobs: int | None = None) -> Characterization:
    """Cost record with the measurement behind it."""
    return characterize(CIRCUITS.load(circuit), n_jobs=jobs)


def cost(circuit: str, jobs: int | None = None) -> NeuronCost:
    """Cost record."""
    return characterization(circuit, jobs).cost


@cache
def _spread(circuit: str, jobs: int | None) -> Mapping[str, float]:
    bench = CIRCUITS.load(circuit)

    def sample() -> dict[str, float]:
        return monte_carlo(bench, COPIES, fidelity="multi", reference=AT_REFERENCE, n_jobs=jobs).spread_record()

    if CIRCUITS.get(circuit).source != BUILT_IN:
        return sample()
    return kept(f"copies of {circuit}", sample, simulator_build())


def sampled_cost(circuit: str, jobs: int | None = None) -> NeuronCost:
    """Cost record with the spread of `COPIES` random copies."""
    return replace(cost(circuit, jobs), spread=_spread(circuit, jobs))


def copies_text(circuit: str, jobs: int | None = None) -> str:
    """How far random copies spread, for a caption."""
    spread = _spread(circuit, jobs)
    share = spread["circuit_energy_per_operation_sigma_J"] / spread["circuit_energy_per_operation_mean_J"]
    return (
        f"{COPIES} random copies of {circuit} at its default conditions have a σ of {100 * share:.2g} % in energy per "
        "operation (circuit scope; spreads of the devices assumed)"
    )


@dataclass(frozen=True)
class Yield:
    """Share of random copies that work, with its 95 % interval."""

    share: float
    low: float
    high: float
    copies: int = COPIES


def sampled_yield(circuit: str, jobs: int | None = None) -> Yield:
    """Yield of `COPIES` random copies."""
    spread = _spread(circuit, jobs)
    return Yield(spread["yield"], spread["yield_low"], spread["yield_high"])


@cache
def curves(circuit: str, jobs: int | None = None) -> tuple[CurveCheck, ...]:
    """Transfer curves, circuit against compact model; those of our own circuits are kept, for their code is known."""

    def check() -> tuple[CurveCheck, ...]:
        return tuple(CIRCUITS.load(circuit).check(n_jobs=jobs))

    if CIRCUITS.get(circuit).source != BUILT_IN:
        return check()
    return kept(f"curves of {circuit}", check, simulator_build())
