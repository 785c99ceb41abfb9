"""The sudden current that turns a damped junction over: a pendulum with damping and a constant torque.

In units of the inverse plasma frequency, with phi the angle around W and i the drive over H_k/2 (both as fields),

    phi'' + phi'/Q + sin(2 phi)/2 = i/2,   Q = sqrt(H_k/H_h)/alpha

where H_k holds the magnetisation along T in the L-T plane and H_h = Ms (N_W - N) along W. It is the equation of a
current-driven Josephson junction.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from ipcircuit.errors import InputError


@lru_cache(maxsize=64)
def onset_ratio(quality: float) -> float:
    """Smallest step of drive, over the slow one, that carries the pendulum over its barrier from rest; 0.7246 … 1.

    Integrates the pendulum for many i at once (fourth-order Runge-Kutta, steps of 0.05). Resolution 0.0005.

    Raises:
        InputError: a quality factor that is not positive.
    """
    if not quality > 0:
        raise InputError("must be positive", where="quality", found=quality)
    i = np.arange(0.72, 1.0, 0.0005)
    y = np.zeros((2, i.size))
    h = 0.05

    def slope(y: np.ndarray) -> np.ndarray:
        return np.stack([y[1], i / 2 - y[1] / quality - np.sin(2 * y[0]) / 2])

    # The first swing decides: later ones have less energy. It takes a few periods, longer when overdamped.
    for _ in range(int(max(40.0, 40.0 / quality) / h)):
        a = slope(y)
        b = slope(y + h / 2 * a)
        c = slope(y + h / 2 * b)
        y = y + h / 6 * (a + 2 * b + 2 * c + slope(y + h * c))
        y = np.minimum(y, 50.0)
    free = y[0] > 0.75 * math.pi  # beyond the top of any barrier, which lies at pi/4 … pi/2
    return float(i[free].min()) if free.any() else 1.0
