"""Solving for card parameters: as many knobs as figures, measured by ngspice, matched by scipy's least squares."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.technology.card import model_lines, rounded
from ipcircuit.technology.measure import DeviceFigures, device_figures
from ipcircuit.technology.parameters import FITTED
from ipcircuit.technology.targets import CORNER_SHIFT, DEVICE_TARGETS

Parameters = dict[str, float]
Figures = Mapping[str, float]

_CONVERGED = 1e-4  # largest relative error of a figure that counts as solved
_SLOW_FAST = {"f": 1.0, "s": -1.0}


def measure(polarity: str, parameters: Mapping[str, float]) -> DeviceFigures:
    """Figures of one device straight from its parameters."""
    return device_figures(model_lines(polarity, parameters, comments=False), polarity)


def solve(polarity: str, start: Parameters, knobs: Sequence[tuple[str, ...]], goals: Figures) -> Parameters:
    """Scale the knobs until the goals are met.

    Args:
        polarity: ``"n"`` or ``"p"``.
        start: all parameters; signs are kept, magnitudes of the knobs change.
        knobs: groups of parameters that are scaled together, as many groups as goals.
        goals: wanted value by field name of `DeviceFigures`.

    Raises:
        InputError: the goals cannot be met with these knobs.
    """
    from scipy.optimize import least_squares

    def apply(logs: np.ndarray) -> Parameters:
        scale = {name: math.exp(x) for group, x in zip(knobs, logs, strict=True) for name in group}
        return {name: value * scale.get(name, 1.0) for name, value in start.items()}

    def residuals(logs: np.ndarray) -> np.ndarray:
        figures = measure(polarity, apply(logs))
        return np.array([math.log(max(getattr(figures, name), 1e-30) / goal) for name, goal in goals.items()])

    limit = math.log(50.0)
    fit = least_squares(
        residuals,
        np.zeros(len(knobs)),
        bounds=(-limit, limit),
        diff_step=1e-4,
        xtol=1e-12,
        ftol=1e-12,
        gtol=1e-12,
        max_nfev=60,
    )
    worst = float(np.max(np.abs(fit.fun)))
    if not worst < _CONVERGED:
        errors = ", ".join(f"{name} {100 * error:+.2f} %" for name, error in zip(goals, fit.fun, strict=True))
        raise InputError(f"the calibration of the {polarity}-channel device does not reach its targets: {errors}")
    return {name: rounded(value) for name, value in apply(fit.x).items()}


def fit_typical(polarity: str, start: Parameters) -> Parameters:
    """Typical device: `FITTED` parameters solved for `DEVICE_TARGETS`."""
    goals = {target.figure: target.value for target in DEVICE_TARGETS[polarity]}
    return solve(polarity, start, [(name,) for name in FITTED], goals)


def fit_shifted(polarity: str, typical: Parameters, speed: str) -> Parameters:
    """Fast (``"f"``) or slow (``"s"``) device: oxide moved, threshold and drive solved for `CORNER_SHIFT`."""
    sign, shift = _SLOW_FAST[speed], CORNER_SHIFT
    start = dict(typical)
    for name in ("toxe", "toxp", "toxm"):
        start[name] = rounded(typical[name] * (1 + sign * shift.oxide))
    nominal = measure(polarity, typical)
    goals = {
        "v_th_sat": nominal.v_th_sat + sign * shift.v_th,
        "i_on": nominal.i_on * (1 + sign * shift.i_on),
    }
    return solve(polarity, start, [("vth0",), ("u0", "vsat")], goals)
