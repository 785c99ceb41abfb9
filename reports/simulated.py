"""Cost record and transfer curves of a named circuit under its default conditions, for every part of the report.

Simulations are cached on disk (`ipcircuit.spice.cache`); what Python makes of them is kept here for one process.
"""

from __future__ import annotations

from functools import cache

from circuits.conditions import Conditions
from circuits.measurement import CurveCheck
from energy.characterize import Characterization, characterize
from energy.cost import NeuronCost
from ipcircuit.families import BUILT_IN, CIRCUITS
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import simulator_build


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
def curves(circuit: str, jobs: int | None = None) -> tuple[CurveCheck, ...]:
    """Transfer curves, circuit against compact model; those of our own circuits are kept, for their code is known."""

    def check() -> tuple[CurveCheck, ...]:
        return tuple(CIRCUITS.load(circuit).check(n_jobs=jobs))

    if CIRCUITS.get(circuit).source != BUILT_IN:
        return check()
    return kept(f"curves of {circuit}", check, simulator_build())
