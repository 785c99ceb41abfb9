"""A stretched exponential exp(-(t/tau)^beta) as a sum of exponentials, with what the sum leaves over.

Electrolyte-gated transistors relax like the stretched form; a circuit state, and a network's, is a single pole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError


@dataclass(frozen=True)
class ExponentialSum:
    """sum of weights · exp(-t / taus): `weights` add up to 1, `taus` in s ascend.

    `max_error` and `rms_error` are against the stretched exponential at the times of the fit (its start is 1).
    """

    weights: tuple[float, ...]
    taus: tuple[float, ...]
    max_error: float
    rms_error: float

    def __call__(self, t: Any) -> Any:
        """Value at time `t` (s), of its shape."""
        t = np.asarray(t, float)
        return sum(w * np.exp(-t / tau) for w, tau in zip(self.weights, self.taus, strict=True))


def stretched_exponential(t: Any, tau: float, beta: float) -> Any:
    """exp(-(t/tau)^beta), of the shape of `t` (s)."""
    return np.exp(-((np.asarray(t, float) / tau) ** beta))


def exponential_sum(tau: float, beta: float, terms: int = 2, points: int = 400) -> ExponentialSum:
    """Least-squares sum of `terms` exponentials, over 1e-3…20 tau on a logarithmic grid.

    Raises:
        InputError: tau not positive, beta outside (0, 1], or less than one term.
    """
    from scipy.optimize import least_squares

    for name, valid, value, allowed in (
        ("tau", tau > 0, tau, "> 0 s"),
        ("beta", 0 < beta <= 1, beta, "0 < beta <= 1"),
        ("terms", terms >= 1, terms, ">= 1"),
    ):
        if not valid:
            raise InputError("no such stretched exponential", where=name, found=value, allowed=allowed)
    t = np.geomspace(1e-3, 20.0, points)  # in units of tau
    target = stretched_exponential(t, 1.0, beta)

    def parts(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        weights = np.exp(x[:terms] - x[:terms].max())
        return weights / weights.sum(), np.exp(x[terms:])

    def residual(x: np.ndarray) -> np.ndarray:
        weights, taus = parts(x)
        return np.exp(-t[:, None] / taus) @ weights - target

    spread = np.linspace(-1.0, 1.0, terms) if terms > 1 else np.zeros(1)
    start = np.concatenate([np.zeros(terms), 2.0 * spread * (1.1 - beta)])
    weights, taus = parts(least_squares(residual, start, xtol=1e-14, ftol=1e-14, gtol=1e-14).x)
    order = np.argsort(taus)
    error = np.exp(-t[:, None] / taus) @ weights - target
    return ExponentialSum(
        tuple(float(w) for w in weights[order]),
        tuple(float(tau * x) for x in taus[order]),
        float(np.abs(error).max()),
        float(np.sqrt(np.mean(error**2))),
    )
