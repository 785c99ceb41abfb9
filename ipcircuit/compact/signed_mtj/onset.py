"""The sudden current that turns a damped junction over: a pendulum with damping and a constant torque.

In units of the inverse plasma frequency, with phi the angle around W and i the drive over H_k/2 (both as fields),

    phi'' + phi'/Q + sin(2 phi)/2 = i/2,   Q = sqrt(H_k/H_h)/alpha

where H_k holds the magnetisation along T in the L-T plane and H_h = Ms (N_W - N) along W. It is the equation of a
current-driven Josephson junction. Nothing here needs torch, so that a circuit can ask for the onset too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
from scipy import constants
from scipy.integrate import solve_ivp

from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import SPIN_TORQUE
from ipcircuit.errors import InputError


def hard_axis(values: Mapping[str, float]) -> float:
    """Ms (N_W - (N_L + N_T)/2) less half the anisotropy along T: the field that makes m precess about W, A/m."""
    mean = (values["n_l"] + values["n_t"]) / 2
    return values["ms"] * (values["n_w"] - mean) + material_field(values) / 2


def easy_axis(values: Mapping[str, float]) -> float:
    """Anisotropy field of the L-T plane, A/m; positive where T is the easy axis."""
    return values["ms"] * (values["n_l"] - values["n_t"]) + material_field(values)


def material_field(values: Mapping[str, float]) -> float:
    """Anisotropy of material and interface along T as a field, A/m."""
    return 2 * (values["k_bulk"] + values["k_interface"] / values["height"]) / (constants.mu_0 * values["ms"])


def step_onset(device: Device, *, where: str | None = None) -> float:
    """Current density (A/m²) that, switched on suddenly and without a field, turns the magnetisation out of rest.

    Infinite without polarisation; without damping it is the undamped onset, 0.362 H_k as a torque.

    Args:
        where: named in the error; default the device.

    Raises:
        InputError: W is not the hardest or T not the easiest axis: there is no such rest.
    """
    p = device.values()
    hard, easy = hard_axis(p), easy_axis(p)
    if not (hard > 0 and easy > 0):
        raise InputError(
            "the membrane has no rest along T: W must be the hardest and T the easiest axis",
            where=where or device.name,
            allowed="both above 0",
            found=f"fields of {hard:.4g} A/m along W and {easy:.4g} A/m in the L-T plane",
        )
    if p["polarisation"] == 0:
        return math.inf
    return step_torque(easy, hard, p["alpha"]) * p["ms"] * p["height"] / (SPIN_TORQUE * p["polarisation"])


def step_torque(easy: float, hard: float, damping: float) -> float:
    """Torque (A/m) that, switched on suddenly, carries m over the barrier of `easy`; fields in A/m, see `easy_axis`."""
    return onset_ratio(math.sqrt(easy / hard) / damping if damping else math.inf) * easy / 2


@cache
def onset_ratio(quality: float) -> float:
    """Smallest step of drive, over the slow one, that carries the pendulum over its barrier from rest; 0.7246 … 1.

    Integrates the pendulum for many i at once. Resolution 0.0005.

    Raises:
        InputError: a quality factor that is not positive.
    """
    if not quality > 0:
        raise InputError("must be positive", where="quality", found=quality)
    i = np.arange(0.72, 1.0, 0.0005)

    def slope(_: float, y: np.ndarray) -> np.ndarray:
        phi, rate = y.reshape(2, -1)
        return np.concatenate([rate, i / 2 - rate / quality - np.sin(2 * phi) / 2])

    # The first swing decides: later ones have less energy. It takes a few periods, longer when overdamped.
    swing = solve_ivp(slope, (0, max(40.0, 40.0 / quality)), np.zeros(2 * i.size), rtol=1e-6, atol=1e-8)
    free = swing.y[: i.size, -1] > 0.75 * math.pi  # beyond the top of any barrier, which lies at pi/4 … pi/2
    return float(i[free].min()) if free.any() else 1.0
