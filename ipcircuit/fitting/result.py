"""A fit from its data file to its result: values, intervals, goodness, prediction of each data set by the others."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.fitting import uncertainty
from ipcircuit.fitting.leave_out import LeftOut, leave_one_out
from ipcircuit.fitting.model import Problem, standard_deviation
from ipcircuit.fitting.plan import Method, Plan
from ipcircuit.fitting.solve import Solution, held, solve, undetermined
from ipcircuit.fitting.uncertainty import Interval

Progress = Callable[[int, int], None]  # (done, total)
_POOR = 2.0  # reduced chi² above which stated error bars do not explain the residuals


@dataclass(frozen=True)
class Points:
    """Data of one set beside their prediction: arrays of shape (n,), SI; `sigma` is None where it is not known."""

    name: str
    measured: np.ndarray
    predicted: np.ndarray
    sigma: np.ndarray | None

    @property
    def rms(self) -> float:
        """Root mean square of measured less predicted."""
        return float(np.sqrt(np.mean((self.measured - self.predicted) ** 2)))


@dataclass(frozen=True)
class Fitted:
    """Result of a fit.

    Attributes:
        plan: what was fitted.
        values: free parameters by name, SI.
        names: those of them that the data determine, in the order of `covariance` (SI, shape (p, p)); empty without
            noise to tell errors by.
        intervals: of `names`, at the plan's level.
        not_identified: the other free parameters, with the reason.
        points: of each data set.
        chi_squared, freedom: sum of squared residuals in standard deviations, and data less parameters.
        left_out: prediction of each data set by the others; empty for a single set.
        notes: sentences for people.
    """

    plan: Plan
    values: dict[str, float]
    names: tuple[str, ...]
    covariance: np.ndarray
    intervals: dict[str, Interval]
    not_identified: dict[str, str]
    points: tuple[Points, ...]
    chi_squared: float
    freedom: int
    estimated: bool
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]

    @property
    def method(self) -> Method:
        return self.plan.method

    @property
    def reduced_chi_squared(self) -> float | None:
        """chi² per degree of freedom; None without one."""
        return self.chi_squared / self.freedom if self.freedom > 0 else None

    @property
    def aic(self) -> float | None:
        """Akaike's criterion: chi² + 2 p; where the noise comes from the residuals, N ln of the mean square (all sets'
        own) + 2 p. Differences between fits to the same data count, not the value."""
        count = sum(len(item) for item in self.plan.data)
        if not self.estimated:
            return self.chi_squared + 2 * len(self.values)
        squares = [len(p.measured) * 2 * math.log(p.rms) if p.rms > 0 else None for p in self.points]
        known = [s for s in squares if s is not None]
        return sum(known) + 2 * len(self.values) if len(known) == len(squares) and count else None

    def correlation(self) -> np.ndarray:
        """Correlations of `names`, shape (p, p)."""
        deviation = np.sqrt(np.diag(self.covariance))
        return self.covariance / np.outer(deviation, deviation)

    def to_json(self) -> dict[str, Any]:
        """Content of ``ipcircuit fit --json``."""
        units = {p.name: p.unit for p in self.plan.device.parameters}
        deviation = dict(zip(self.names, np.sqrt(np.diag(self.covariance)).tolist(), strict=True))
        return {
            "device": self.plan.device.name,
            "base": self.plan.base,
            "parameters": {
                name: {
                    "value": value,
                    "unit": units[name],
                    "standard_error": deviation.get(name),
                    "interval": list(self.intervals[name]) if name in self.intervals else None,
                    "not_identified": self.not_identified.get(name),
                }
                for name, value in self.values.items()
            },
            "level": self.plan.level,
            "method": self.method,
            "correlation": {"names": list(self.names), "matrix": self.correlation().tolist()},
            "chi_squared": None if self.estimated else self.chi_squared,
            "degrees_of_freedom": self.freedom,
            "reduced_chi_squared": None if self.estimated else self.reduced_chi_squared,
            "aic": self.aic,
            "noise": "residuals" if self.estimated else "data",
            "data": [
                {"name": p.name, "points": len(p.measured), "unit": item.observable.value.unit, "rms_residual": p.rms}
                for p, item in zip(self.points, self.plan.data, strict=True)
            ],
            "left_out": [vars(row) for row in self.left_out],
            "notes": list(self.notes),
        }


def run(plan: Plan, progress: Progress | None = None) -> Fitted:
    """Fit a plan.

    Args:
        progress: called with steps done and in all.

    Raises:
        InputError: the prediction at the start is no number, or the fit does not converge.
    """
    problem = Problem.of(plan)
    problem.require_finite_start()
    count = len(plan.data)
    report = _Steps(progress, 1 + (plan.samples if plan.method == "bootstrap" else len(plan.free)) + count)
    solution = solve(problem)
    _require_constraints(plan, solution)
    report(1)
    known = _known(solution, report)
    left_out = leave_one_out(held(solution, known.fixed), report.part(count))
    return Fitted(
        plan,
        solution.values(),
        known.names,
        known.covariance,
        known.intervals,
        {p.name: known.reasons[p.name] for p in plan.free if p.name in known.reasons},
        _points(solution),
        solution.chi_squared,
        problem.freedom,
        problem.estimated,
        left_out,
        _notes(solution),
    )


def intervals_of(plan: Plan) -> dict[str, Interval]:
    """Intervals alone, by name, of a plan."""
    return _known(solve(Problem.of(plan)), _Steps(None, 1)).intervals


@dataclass(frozen=True)
class _Known:
    """What data say about free parameters: `names` are determined with a known error, `reasons` has those that are not.

    `fixed` are those that must be held for the rest to be determined.
    """

    names: tuple[str, ...]
    covariance: np.ndarray
    intervals: dict[str, Interval]
    reasons: dict[str, str]
    fixed: list[str]


def _known(solution: Solution, report: _Steps) -> _Known:
    reasons, fixed = undetermined(solution)
    rest = held(solution, fixed)
    intervals, flat = _intervals(rest, [name for name in rest.problem.names if name not in reasons], report)
    reasons |= flat
    sure = not rest.problem.estimated or rest.problem.freedom > 0
    names = tuple(name for name in rest.problem.names if sure and name not in reasons)
    # What is flat to a bound is free still: the others' variance includes it.
    chosen = [rest.problem.names.index(name) for name in names]
    covariance = uncertainty.covariance(rest)[np.ix_(chosen, chosen)] if names else np.zeros((0, 0))
    return _Known(names, covariance, intervals, reasons, fixed)


class _Steps:
    """Progress over the stages of a fit."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def __call__(self, steps: int) -> None:
        self._done += steps
        if self._progress:
            self._progress(min(self._done, self._total), self._total)

    def part(self, steps: int) -> Progress:
        """Progress of a stage that tells its own (done, total)."""
        return lambda done, total: self(1)


def _intervals(rest: Solution, wanted: list[str], report: _Steps) -> tuple[dict[str, Interval], dict[str, str]]:
    """Intervals of the wanted parameters by the plan's method, and reasons of those that have none."""
    problem, plan = rest.problem, rest.problem.plan
    if not wanted or (problem.estimated and problem.freedom < 1):
        return {}, {}
    if plan.method == "profile":
        return uncertainty.profile(rest, plan.level, wanted, report.part(len(wanted)))
    if plan.method == "bootstrap":
        found = uncertainty.bootstrap(rest, plan.level, plan.samples, plan.seed, report.part(plan.samples))
    else:
        found = uncertainty.linear(rest, plan.level)
    return {name: found[name] for name in wanted}, {}


def _require_constraints(plan: Plan, solution: Solution) -> None:
    try:
        plan.device.with_parameters(**solution.values())
    except InputError as error:
        allowed = "bounds that keep the parameters apart"
        raise InputError(f"the fit leaves what the device allows: {error}", where=plan.path, allowed=allowed) from None


def _points(solution: Solution) -> tuple[Points, ...]:
    problem = solution.problem
    sure = problem.freedom > 0
    rows = []
    for item, p, noise in zip(problem.plan.data, problem.predictions(solution.u[None]), problem.noise, strict=True):
        sigma = standard_deviation(item, p[0], noise) if noise is None or sure else None
        rows.append(Points(item.name, item.value, p[0], sigma))
    return tuple(rows)


def _notes(solution: Solution) -> tuple[str, ...]:
    problem, notes = solution.problem, []
    if not problem.names:
        notes.append("no parameter is free: nothing was fitted")
    if problem.estimated:
        sets = ", ".join(s.name for s, noise in zip(problem.plan.data, problem.noise, strict=True) if noise is not None)
        if problem.freedom < 1:
            notes.append(f"as many data as free parameters and no error bars ({sets}): no intervals")
        else:
            notes.append(f"error bars from the residuals: {sets}")
    reduced = solution.chi_squared / problem.freedom if problem.freedom > 0 else 0.0
    if not problem.estimated and reduced > _POOR:
        notes.append(
            f"reduced chi² {reduced:.3g}: the error bars do not explain the residuals, so the intervals are too narrow"
        )
    return tuple(notes)
