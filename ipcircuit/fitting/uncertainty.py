"""How well data determine parameters: covariance, profile likelihood, bootstrap.

Profile: the interval of a parameter is where the least chi² with that parameter fixed exceeds the minimum by no more
than q, the square of the normal quantile (Student's, where noise comes from the residuals). Both ends of all parameters
are sought at once by D. J. Venzon and S. H. Moolgavkar, Appl. Stat. 37, 87 (1988): largest or smallest value on the
surface of that chi². What does not converge, or meets a bound, is followed step by step along the profile.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtri, stdtrit

from ipcircuit.errors import InputError
from ipcircuit.fitting.model import Problem, draw, holding, with_data
from ipcircuit.fitting.solve import Solution, minimise

Progress = Callable[[int, int], None]  # (done, total)
Interval = tuple[float, float]
_PASSES, _TO_BOUND = 15, 0.8
_CLOSE = 1e-3  # of q and of a standard deviation: an end of an interval
_GROWTH, _STEPS = 1.6, 25  # of the walk along a profile
_LONGEST = 4.0  # standard deviations, of one step


def quantile(problem: Problem, level: float) -> float:
    """Half width of an interval in standard deviations."""
    upper = (1 + level) / 2
    return float(stdtrit(problem.freedom, upper) if problem.estimated else ndtri(upper))


def covariance(solution: Solution) -> np.ndarray:
    """Covariance of the free parameters, SI, shape (p, p); the Jacobian must not be singular."""
    j = solution.jacobian
    lengths = np.linalg.norm(j, axis=0)
    scaled = j / lengths
    outer = np.outer(solution.problem.scale / lengths, solution.problem.scale / lengths)
    symmetric = np.linalg.inv(scaled.T @ scaled) * outer
    return (symmetric + symmetric.T) / 2


def linear(solution: Solution, level: float) -> dict[str, Interval]:
    """Intervals from the covariance alone, cut at the bounds."""
    half = quantile(solution.problem, level) * np.sqrt(np.diag(covariance(solution)))
    return {
        p.name: (max(value - h, p.low), min(value + h, p.high))
        for p, value, h in zip(solution.problem.plan.free, solution.values().values(), half.tolist(), strict=True)
    }


def profile(
    solution: Solution, level: float, wanted: Sequence[str], progress: Progress | None = None
) -> tuple[dict[str, Interval], dict[str, str]]:
    """Profile-likelihood intervals of the `wanted` parameters, and the reason where one has none."""
    problem = solution.problem
    rise = quantile(problem, level) ** 2
    ends = [(problem.names.index(name), sign) for name in wanted for sign in (-1, 1)]
    quick = _surface(solution, ends, rise)
    intervals: dict[str, Interval] = {}
    reasons: dict[str, str] = {}
    for number, name in enumerate(wanted):
        j, found = problem.names.index(name), []
        for sign, value in zip((-1, 1), quick[2 * number : 2 * number + 2], strict=True):
            found.append(_along(solution, j, sign, rise) if value is None else value)
        missing = [side for side, end in zip(("lower", "upper"), found, strict=True) if end is None]
        if missing:
            side = " and ".join(missing)
            reasons[name] = f"its profile is flat to the {side} bound: chi² rises by less than {rise:.3g}"
        else:
            low, high = (float(end * problem.scale[j]) for end in found if end is not None)
            intervals[name] = (min(low, high), max(low, high))
        if progress:
            progress(number + 1, len(wanted))
    return intervals, reasons


def _surface(solution: Solution, ends: Sequence[tuple[int, int]], rise: float) -> list[float | None]:
    """Ends of intervals in u, each parameter and side of `ends`; None where the iteration leaves the bounds or does not
    settle."""
    if not ends:
        return []
    problem, target = solution.problem, solution.chi_squared + rise
    rows, which = np.arange(len(ends)), np.array([j for j, _ in ends])
    sign = np.array([s for _, s in ends], float)
    deviation = np.sqrt(np.diag(covariance(solution))) / problem.scale
    low, high = problem.bounds
    residuals, jacobian = (np.repeat(a[None], len(ends), 0) for a in (solution.residuals, solution.jacobian))
    u, inside, settled = np.repeat(solution.u[None], len(ends), 0), np.ones(len(ends), bool), np.zeros(len(ends), bool)
    for _ in range(_PASSES):
        with np.errstate(all="ignore"):
            step, miss = _newton(residuals, jacobian, which, sign, target, deviation)
        inside &= np.isfinite(step).all(1)
        step = np.where(inside[:, None], step, 0.0)
        longest = np.abs(step / deviation).max(1)
        settled = inside & (longest < _CLOSE * math.sqrt(rise)) & (np.abs(miss) < _CLOSE * rise)
        if (settled | ~inside).all():
            break
        share = np.minimum(1.0, _LONGEST * math.sqrt(rise) / np.maximum(longest, 1e-300))
        with np.errstate(all="ignore"):  # not onto a bound: most of the way to it
            room = np.where(step > 0, high - u, u - low) / np.abs(step)
        share = np.minimum(share, _TO_BOUND * np.where(step == 0, np.inf, room).min(1))
        moving = inside & ~settled
        u[moving] += (step * share[:, None])[moving]
        residuals[moving], jacobian[moving] = problem.linearised(u[moving])
    return [float(u[i, which[i]]) if settled[i] else None for i in rows]


def _newton(
    residuals: np.ndarray, jacobian: np.ndarray, which: np.ndarray, sign: np.ndarray, target: float, unit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Steps towards the extreme of a parameter on the surface chi² = target, and the distance from that surface.

    With g = Jᵀr and H = JᵀJ the model chi² + 2 g·d + d·H d is linear least squares; its extreme along e is
    d = -H⁻¹g + λ H⁻¹e with λ² = (target - chi² + g·H⁻¹g) / (H⁻¹)ee.
    """
    scaled = jacobian * unit
    hessian = np.einsum("kni,knj->kij", scaled, scaled)
    gradient = np.einsum("kni,kn->ki", scaled, residuals)
    try:
        inverse = np.linalg.inv(hessian)
    except np.linalg.LinAlgError:
        return np.full(gradient.shape, np.nan), np.full(len(which), np.nan)
    back = np.einsum("kij,kj->ki", inverse, gradient)
    chi_squared = np.einsum("kn,kn->k", residuals, residuals)
    rows = np.arange(len(which))
    room = target - chi_squared + np.einsum("ki,ki->k", gradient, back)
    multiplier = sign * np.sqrt(np.maximum(room, 0.0) / inverse[rows, which, which])
    return (multiplier[:, None] * inverse[rows, :, which] - back) * unit, chi_squared - target


def _along(solution: Solution, j: int, sign: int, rise: float) -> float | None:
    """End of an interval in u by refits along the profile; None where chi² stays below up to the bound."""
    problem, name = solution.problem, solution.problem.names[j]
    others = [i for i in range(len(problem.names)) if i != j]
    bound = float(problem.bounds[0 if sign < 0 else 1][j])
    warm = {"u": solution.u[others]}

    def above(x: float) -> float:
        rest = Problem(holding(problem.plan, {name: x * float(problem.scale[j])}), problem.noise)
        part = minimise(rest, warm["u"] * problem.scale[others] / rest.scale)
        warm["u"] = part.u * rest.scale / problem.scale[others]
        return part.chi_squared - solution.chi_squared - rise

    step = float(np.sqrt(covariance(solution)[j, j])) / float(problem.scale[j])
    inner = float(solution.u[j])
    for _ in range(_STEPS):
        outer = inner + sign * step
        if sign * (outer - bound) >= 0:
            outer = bound
        if above(outer) > 0:
            end: Any = brentq(above, inner, outer, xtol=_CLOSE * step, maxiter=50)
            return float(end)
        if outer == bound:
            return None
        inner, step = outer, step * _GROWTH
    return None


def bootstrap(
    solution: Solution, level: float, samples: int, seed: int, progress: Progress | None = None
) -> dict[str, Interval]:
    """Percentile intervals of refits to data drawn around the fit, with the noise of the data."""
    problem, generator = solution.problem, np.random.default_rng(seed)
    if problem.estimated and problem.freedom < 1:
        raise InputError("no residuals to draw from", where=problem.plan.path, allowed="more data, or error bars")
    predicted = problem.predictions(solution.u[None])
    values = np.empty((samples, len(problem.names)))
    for i in range(samples):
        drawn = [
            draw(item, p[0], noise, generator)
            for item, p, noise in zip(problem.plan.data, predicted, problem.noise, strict=True)
        ]
        values[i] = minimise(Problem(with_data(problem.plan, drawn), problem.noise), solution.u).u * problem.scale
        if progress:
            progress(i + 1, samples)
    ends = np.quantile(values, [(1 - level) / 2, (1 + level) / 2], axis=0).T
    fitted = solution.u * problem.scale
    return {
        name: (min(float(low), float(x)), max(float(high), float(x)))
        for name, (low, high), x in zip(problem.names, ends, fitted, strict=True)
    }
