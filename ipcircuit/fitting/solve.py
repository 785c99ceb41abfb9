"""Least squares within bounds, the noise of data that state none, and what the data leave undetermined."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.optimize import least_squares

from ipcircuit.errors import InputError
from ipcircuit.fitting.model import Problem, holding

_MOST_EVALUATIONS = 200
_TOLERANCE = 1e-8
_NOISE_PASSES, _NOISE_SETTLED = 12, 1e-3
_SINGULAR = 1e-6  # smallest over largest singular value of a Jacobian with columns of unit length
_INVOLVED = 0.03  # share in a direction that no datum sees
_AT_BOUND = 1e-9  # of a unit step


@dataclass(frozen=True)
class Solution:
    """A least-squares solution: `u` of shape (p,), `residuals` (N,) in standard deviations, `jacobian` (N, p)."""

    problem: Problem
    u: np.ndarray
    residuals: np.ndarray
    jacobian: np.ndarray

    @property
    def chi_squared(self) -> float:
        return float(self.residuals @ self.residuals)

    def values(self) -> dict[str, float]:
        """Free parameters by name, SI."""
        return self.problem.values(self.u)


def minimise(problem: Problem, start: np.ndarray | None = None) -> Solution:
    """Least squares from `start` (default: the plan's), with the problem's noise.

    Raises:
        InputError: it does not converge.
    """
    u = problem.start if start is None else np.clip(start, *problem.bounds)
    at = _Latest(problem)
    if problem.names:
        solver: Any = least_squares  # its stubs know no Jacobian function
        found = solver(
            lambda x: at(x)[0],
            u,
            lambda x: at(x)[1],
            bounds=problem.bounds,
            x_scale="jac",
            xtol=_TOLERANCE,
            ftol=_TOLERANCE,
            gtol=_TOLERANCE,
            max_nfev=_MOST_EVALUATIONS,
        )
        if found.status == 0:
            raise InputError(
                f"the fit does not converge in {_MOST_EVALUATIONS} steps",
                where=problem.plan.path,
                allowed="start values closer to the data, or narrower bounds",
            )
        u = found.x
    return Solution(problem, u, *at(u))


class _Latest:
    """Residuals (N,) and Jacobian (N, p) at a vector; the latest are kept: the solver asks for one, then the other.

    Both together take hardly longer than one: a simulation's steps cost the same for one device and for a dozen.
    """

    def __init__(self, problem: Problem) -> None:
        self._problem, self._u, self._kept = problem, np.empty(0), (np.empty(0), np.empty(0))

    def __call__(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if not np.array_equal(u, self._u) or not self._kept[0].size:
            residuals, jacobian = self._problem.linearised(u[None])
            self._u, self._kept = u.copy(), (residuals[0], jacobian[0])
        return self._kept


def solve(problem: Problem, start: np.ndarray | None = None) -> Solution:
    """`minimise`, repeated until the noise of data that state none agrees with their residuals."""
    solution = minimise(problem, start)
    if not problem.estimated or problem.freedom < 1:
        return solution
    if len(problem.plan.data) == 1:  # its noise scales chi², and leaves the minimum where it is
        (noise,), (old,) = _noise(solution), solution.problem.noise
        share = (old or 1.0) / (noise or 1.0)
        known = replace(problem, noise=(noise,))
        return Solution(known, solution.u, share * solution.residuals, share * solution.jacobian)
    for _ in range(_NOISE_PASSES):
        noise = _noise(solution)
        pairs = zip(noise, solution.problem.noise, strict=True)
        settled = all(a is None or b is None or abs(a / b - 1) < _NOISE_SETTLED for a, b in pairs)
        solution = minimise(replace(problem, noise=noise), solution.u)
        if settled:
            break
    return solution


def _noise(solution: Solution) -> tuple[float | None, ...]:
    """Standard deviation of the residuals of each set that states none; its share of the free parameters is counted."""
    problem, out = solution.problem, []
    share = problem.freedom / problem.size
    for item, predicted, old in zip(
        problem.plan.data, problem.predictions(solution.u[None]), problem.noise, strict=True
    ):
        rms = float(np.sqrt(np.mean((item.value - predicted[0]) ** 2) / share))
        smallest = 1e-12 * (float(np.abs(item.value).max()) or 1.0)
        out.append(None if old is None else max(rms, smallest))
    return tuple(out)


def undetermined(solution: Solution) -> tuple[dict[str, str], list[str]]:
    """Free parameters that the data do not determine, each with the reason: no effect, at a bound, or a combination.

    Of a combination all its parameters are named. The list has those that must be held for the rest to be determined:
    of a combination all but as many as the data fix.
    """
    names, values = list(solution.problem.names), solution.values()
    low, high = solution.problem.bounds
    reasons: dict[str, str] = {}
    lengths = np.linalg.norm(solution.jacobian, axis=0)
    for j, name in enumerate(names):
        if lengths[j] <= _SINGULAR**2 * max(lengths.max(), 1e-300) or lengths[j] == 0:
            reasons[name] = "no datum depends on it"
        elif min(solution.u[j] - low[j], high[j] - solution.u[j]) < _AT_BOUND:
            side = "lower" if solution.u[j] - low[j] < _AT_BOUND else "upper"
            reasons[name] = f"the fit runs to its {side} bound, {values[name]:g}"
    active, fixed = [j for j, name in enumerate(names) if name not in reasons], list(reasons)
    while active:
        direction = unseen(solution.jacobian[:, active])
        if direction is None:
            break
        members = [i for i in range(len(active)) if abs(direction[i]) > _INVOLVED]
        involved = [active[i] for i in members]
        relative = direction[members] / lengths[involved] / solution.u[involved]
        text = _combination([names[j] for j in involved], relative)
        reasons |= {names[j]: text for j in involved if names[j] not in reasons}
        fixed.append(names[active.pop(int(np.abs(direction).argmax()))])
    return {name: reasons[name] for name in names if name in reasons}, fixed


def unseen(jacobian: np.ndarray) -> np.ndarray | None:
    """Direction, in columns scaled to unit length, along which no datum changes; None where there is none."""
    lengths = np.linalg.norm(jacobian, axis=0)
    scaled = jacobian / np.where(lengths > 0, lengths, 1.0)
    _, singular, directions = np.linalg.svd(scaled, full_matrices=len(scaled) < scaled.shape[1])
    if len(singular) < scaled.shape[1] or singular[-1] < _SINGULAR * singular[0]:
        return directions[-1]
    return None


def _combination(names: Sequence[str], relative: np.ndarray) -> str:
    """What the data determine of parameters that move together by `relative` shares without effect."""
    if len(names) == 2 and np.isfinite(relative).all():
        ratio = float(relative[1] / relative[0])
        if abs(ratio + 1) < 0.01:
            return f"only the product {names[0]} · {names[1]} is determined"
        if abs(ratio - 1) < 0.01:
            return f"only the ratio {names[0]} / {names[1]} is determined"
    return f"only a combination of {', '.join(names)} is determined"


def held(solution: Solution, names: Sequence[str]) -> Solution:
    """The solution with some of its parameters fixed at their values."""
    if not names:
        return solution
    problem = solution.problem
    keep = [j for j, name in enumerate(problem.names) if name not in names]
    values = {name: value for name, value in solution.values().items() if name in names}
    rest = Problem(holding(problem.plan, values), problem.noise)
    u = solution.u[keep] * problem.scale[keep] / rest.scale
    return Solution(rest, u, solution.residuals, solution.jacobian[:, keep] * rest.scale / problem.scale[keep])
