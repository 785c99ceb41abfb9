"""Prediction of each data set by the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.fitting.model import Problem, deviations, with_data
from ipcircuit.fitting.solve import Solution, solve, undetermined, unseen

Progress = Callable[[int, int], None]  # (done, total)
_SEES = 1e-3  # change of a set relative to its largest derivative, along what the others leave free


@dataclass(frozen=True)
class LeftOut:
    """A data set against the fit to the others.

    Attributes:
        data: name of the set.
        unit: of its values.
        rms_error: root mean square of measured less predicted, `unit`; None where the others do not predict it.
        rms_deviations: the same in standard deviations.
        reason: why there is no prediction; empty where there is one.
    """

    data: str
    unit: str
    rms_error: float | None
    rms_deviations: float | None
    reason: str = ""


def leave_one_out(solution: Solution, progress: Progress | None = None) -> tuple[LeftOut, ...]:
    """Every data set, predicted by the fit to the others; empty for a single set.

    Args:
        solution: of all data, without parameters that they do not determine.
    """
    count = len(solution.problem.plan.data)
    rows = []
    for i in range(count if count > 1 else 0):
        rows.append(_left_out(solution, i))
        if progress:
            progress(i + 1, count)
    return tuple(rows)


def _left_out(solution: Solution, i: int) -> LeftOut:
    problem = solution.problem
    item, noise = problem.plan.data[i], problem.noise[i]
    unit = item.observable.value.unit
    try:
        rest = _of_the_rest(solution, i)
    except InputError as error:
        return LeftOut(item.name, unit, None, None, str(error))
    if isinstance(rest, str):
        return LeftOut(item.name, unit, None, None, rest)
    predicted = problem.predictions(rest.u[None])[i][0]
    off = deviations(item, predicted, noise)
    return LeftOut(item.name, unit, _rms(item.value - predicted), _rms(off))


def _of_the_rest(solution: Solution, i: int) -> Solution | str:
    """The fit without set `i`; or the reason where that leaves free what the set depends on."""
    problem, plan = solution.problem, solution.problem.plan
    keep = [j for j in range(len(plan.data)) if j != i]
    begins = np.cumsum([0, *(len(item) for item in plan.data)])
    own = slice(int(begins[i]), int(begins[i + 1]))
    others = np.delete(solution.jacobian, own, axis=0)
    direction = unseen(others)
    if direction is not None:
        lengths = np.linalg.norm(others, axis=0)
        seen = solution.jacobian[own] / np.where(lengths > 0, lengths, 1.0)
        if np.linalg.norm(seen @ direction) > _SEES * np.linalg.norm(seen):
            rest = Solution(problem, solution.u, np.delete(solution.residuals, own), others)
            reasons = dict.fromkeys(undetermined(rest)[0].values())
            return f"the other data do not determine it: {'; '.join(reasons)}"
    reduced = Problem(with_data(plan, [plan.data[j] for j in keep]), tuple(problem.noise[j] for j in keep))
    return solve(reduced, solution.u)


def _rms(values: np.ndarray) -> float:
    return float(np.sqrt(np.mean(values**2)))
