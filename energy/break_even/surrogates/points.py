"""Simulated points: what of a measurement a surrogate is fitted to."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from circuits.conditions import Fidelity
from circuits.measurement import Measurement
from circuits.testbench import Testbench
from energy.break_even.surrogates.model import operation_model
from energy.break_even.surrogates.plan import Plan
from energy.characterize import scope_energies
from ipcircuit.declaration.ambient import AmbientWarning
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parallel import in_order
from ipcircuit.spice.jobs import Progress

#: Of the input pulse, by which a write driver is sized and its energy counted.
PULSE = ("charge_C", "pulse_energy_J", "peak_current_A", "peak_voltage_V")


@dataclass(frozen=True)
class Simulated:
    """Result of one point.

    Attributes:
        values: the quantities of `quantities`; empty where there are none.
        energies_J: energy per operation by scope, of the scopes that have one.
        observed: constants of the plan's model, where they were asked for.
        cause: why there are none, or what the circuit failed to do; None if it worked.
    """

    values: Mapping[str, float]
    energies_J: Mapping[str, float] = field(default_factory=dict)
    cause: str | None = None
    observed: Mapping[str, float] = field(default_factory=dict)


def quantities(m: Measurement) -> dict[str, float]:
    """What decides the energies of all scopes: those of the components as the scopes add them, what sizes a driver,
    the idle power. What a circuit does not have is left out."""
    paper = math.fsum(c.energy_J for c in m.components if c.in_paper_scope)
    others = math.fsum(c.energy_J for c in m.components if not c.in_paper_scope)
    values = {"paper_J": paper, "others_J": others, "idle_W": m.idle_power_W, "period_s": m.period_s}
    values = {name: value for name, value in values.items() if value}
    if m.spikes_per_operation:
        values["spikes_per_operation"] = m.spikes_per_operation
    if (pulse := m.pulse_input) is not None:
        found = (pulse.charge_C, pulse.energy_J, pulse.peak_current_A, pulse.peak_voltage_V)
        values |= dict(zip(PULSE, found, strict=True))
    return values


def simulated(
    plan: Plan,
    testbench: Testbench,
    points: Sequence[Mapping[str, float]],
    *,
    fidelity: Fidelity = Fidelity.REFERENCE,
    observe: bool = False,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Simulated]:
    """Results of points, in their order; a point that cannot be simulated is a result, too.

    Args:
        observe: with the constants of the plan's model.
    """
    model = operation_model(plan.model) if plan.model and observe else None

    def run(point: Mapping[str, float]) -> Simulated:
        try:
            bench = plan.configured(testbench, point).at_fidelity(fidelity)
            m = bench.measure(n_jobs=1)
            constants = model.observed(bench, m) if model and not m.warnings else {}
        except (InputError, SimulationError) as error:
            return Simulated({}, {}, str(error))
        energies = {scope: total for scope, (total, _) in scope_energies(m, None).items() if total is not None}
        return Simulated(quantities(m), energies, "; ".join(m.warnings) or None, constants)

    results: list[Simulated] = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", AmbientWarning)  # said once, of the surrogate
        for result in in_order(run, points, n_jobs):
            results.append(result)
            if progress is not None:
                progress(len(results), len(points))
    return results
