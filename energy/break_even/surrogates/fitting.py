"""Fit of a surrogate to simulated points, and its deviation at points that the fit does not see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from circuits.catalog import load
from circuits.conditions import Fidelity
from circuits.testbench import Testbench
from energy.break_even.surrogates.model import FittedModel
from energy.break_even.surrogates.plan import Plan, columns_of
from energy.break_even.surrogates.points import Simulated, simulated
from energy.break_even.surrogates.regression import DIGITS, EXACT, Regression, constant, fit
from energy.break_even.surrogates.surrogate import Deviation, Surrogate, key_of
from energy.cost import SCOPES
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress, part_of
from ipcircuit.technology.io_devices import io_devices
from ipcircuit.technology.record import IoDevice

LEAST = 0.5  # share of points at which a circuit must work
SMOOTH = 1e-5  # relative residue of a polynomial, below which a model's constant has no process
Points = Sequence[Mapping[str, float]]
Regressions = dict[str, Regression]
Of = Callable[[Simulated], Mapping[str, float]]


@dataclass(frozen=True)
class Confirmed:
    """One point, simulated at reference.

    Attributes:
        point: values by coordinate.
        predicted_J, simulated_J: energy per operation by scope; without those that were not obtained.
        cause: what the circuit failed to do there, or why it could not be simulated; None if it worked.
    """

    point: Mapping[str, float]
    predicted_J: Mapping[str, float]
    simulated_J: Mapping[str, float]
    cause: str | None = None

    @property
    def deviation(self) -> dict[str, float]:
        """Predicted over simulated energy, less 1, by scope."""
        return {scope: self.predicted_J[scope] / joule - 1 for scope, joule in self.simulated_J.items()}

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {
            "point": dict(self.point),
            "predicted_J": dict(self.predicted_J),
            "simulated_J": dict(self.simulated_J),
            "deviation": self.deviation,
            "cause": self.cause,
        }


def fitted_surrogate(
    plan: Plan, testbench: Testbench, *, n_jobs: int | None = None, progress: Progress | None = None
) -> Surrogate:
    """Simulate the points of a plan, fit, and measure the deviation.

    Args:
        testbench: the circuit as designed.
        progress: called with (points, all of them).

    Raises:
        InputError: the design does not work or is not within the box, or half of the points do not work.
        MissingDependencyError: no ngspice.
    """
    design, points, others = plan.nominal(testbench), plan.fit_points(), plan.held_out_points()
    total = 1 + len(points) + len(others)

    def run(these: Points, before: int, fidelity: str = "reference", *, observe: bool = True) -> list[Simulated]:
        told, level = part_of(progress, before, total), Fidelity(fidelity)
        return simulated(plan, testbench, these, fidelity=level, observe=observe, n_jobs=n_jobs, progress=told)

    [typical] = run([design], 0)
    if typical.cause is not None:
        raise InputError("the circuit as designed does not work", where=plan.circuit, found=typical.cause)
    results = run(points, 1, plan.fidelity)
    held = run(others, 1 + len(points), observe=False)
    simulator = testbench.measure(n_jobs=1).simulator
    used = [(point, r) for point, r in zip(points, results, strict=True) if r.cause is None]
    if len(used) < LEAST * len(points):
        causes = Counter(r.cause for r in results if r.cause).most_common(1)
        where, allowed = plan.circuit, f"at least {LEAST:.0%} of the points: a smaller box"
        raise InputError(f"works at {len(used)} of {len(points)} points: {causes[0][0]}", where=where, allowed=allowed)
    causes = Counter(r.cause for r in (*results, *held) if r.cause is not None)
    places, constants, quantities = _regressions(plan, design, typical, used)
    empty = Surrogate(plan, key_of(plan, testbench), simulator, design, places, quantities, {}, 0, {}, constants)
    kept = [(point, r) for point, r in zip(others, held, strict=True) if r.cause is None]
    devices = io_devices(testbench.conditions.technology)
    return replace(empty, deviations=_deviations(empty, kept, devices), held_out=len(kept), left_out=dict(causes))


def _regressions(
    plan: Plan, design: Mapping[str, float], typical: Simulated, used: Sequence[tuple[Mapping[str, float], Simulated]]
) -> tuple[tuple[tuple[float, ...], ...], dict[str, Regression], dict[str, Regression]]:
    """Places of the fitted points, and the regressions of the model's constants and of each quantity that all points
    have; of those that the model works out what it misses at the design."""
    at = plan.shares(columns_of([point for point, _ in used], plan.names)).round(DIGITS)
    place = plan.shares({name: np.array([value]) for name, value in design.items()})[0]

    def fitted(these: Mapping[str, float], of: Of, enough: float) -> Regressions:
        found: Regressions = {}
        for name, value in these.items():
            column = np.array([of(result).get(name, np.nan) for _, result in used])
            if not np.isnan(column).any():
                found[name] = fit(at, column, design=place, value=value, seed=plan.seed, enough=enough)
        return found

    constants = fitted(typical.observed, lambda result: result.observed, SMOOTH)
    worked_out = FittedModel(plan.model, constants, at, place[None]).worked_out(place[None]) if constants else {}
    direct = {name: value for name, value in typical.values.items() if name not in worked_out}
    quantities = fitted(direct, lambda result: result.values, EXACT)
    for name, value in worked_out.items():
        quantities[name] = constant(typical.values[name] / float(value[0]), at.shape[1])
    return tuple(tuple(map(float, row)) for row in at), constants, quantities


def _deviations(
    surrogate: Surrogate, kept: Sequence[tuple[Mapping[str, float], Simulated]], devices: tuple[IoDevice, ...]
) -> dict[str, Deviation]:
    columns = columns_of([point for point, _ in kept], surrogate.plan.names)
    predicted = surrogate.values(columns)
    deviations = {name: _deviation(of, [r.values[name] for _, r in kept]) for name, of in predicted.items()}
    for scope in SCOPES:
        if all(scope in r.energies_J for _, r in kept):
            actual = [r.energies_J[scope] for _, r in kept]
            deviations[scope] = _deviation(surrogate.energy_J(scope, columns, devices=devices), actual)
    return deviations


def _deviation(predicted: np.ndarray, actual: Sequence[float]) -> Deviation:
    relative = predicted / np.array(actual) - 1
    return Deviation(float(np.abs(relative).max()), float(np.sqrt(np.mean(relative**2))))


def confirm(
    surrogate: Surrogate,
    points: Points,
    *,
    testbench: Testbench | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[Confirmed]:
    """Points simulated at reference beside what the surrogate says of them.

    Args:
        points: values by coordinate; those of others are as designed, and what is no coordinate is left alone.
        testbench: the circuit as designed; None: by its name.

    Raises:
        InputError: a point outside the box.
        MissingDependencyError: no ngspice.
    """
    bench = load(surrogate.circuit).configured() if testbench is None else testbench
    whole = [{name: float(point.get(name, value)) for name, value in surrogate.design.items()} for point in points]
    surrogate.values(columns_of(whole, surrogate.plan.names))  # a point outside is refused before any is simulated
    results = simulated(surrogate.plan, bench, whole, n_jobs=n_jobs, progress=progress) if whole else []
    rows, devices = [], io_devices(bench.conditions.technology)
    for point, result in zip(whole, results, strict=True):
        predicted = {scope: float(surrogate.energy_J(scope, point, devices=devices)) for scope in result.energies_J}
        rows.append(Confirmed(point, predicted, result.energies_J, result.cause))
    return rows


def anchored(surrogate: Surrogate, values: Mapping[str, float]) -> Surrogate:
    """The surrogate with these values of the circuit as designed, such as those of another version of ngspice.

    Args:
        values: of `energy.break_even.surrogates.points.quantities`.
    """
    now = {name: float(of) for name, of in surrogate.values({}).items()}
    moved = {
        name: replace(r, shift=r.shift + r.offset(values[name], now[name])) for name, r in surrogate.quantities.items()
    }
    return replace(surrogate, quantities=moved)
