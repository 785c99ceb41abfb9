"""Where the macrospin model and its integration hold: step size, size of the free layer, thermal agitation."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import constants

from ipcircuit.devices.orthogonal_mtj.zheng2026 import EXCHANGE_STIFFNESS
from ipcircuit.errors import InputError

#: rad; largest turn of m in one step. Heun's second-order rotations then follow a precession to 4e-3 of its phase.
LARGEST_TURN = 0.15
#: Largest short side in exchange lengths: above it a wire reverses by curling (E. H. Frei, S. Shtrikman and D. Treves,
#: Phys. Rev. 106, 446 (1957): 2 · 1.04 · sqrt(2 π) lengths across).
LARGEST_SHORT_SIDE = 5.2
#: Largest long side in exchange lengths. Assumed: thin discs of a few exchange lengths leave the single-domain state at
#: about 15 to 20 lengths across (R. P. Cowburn et al., Phys. Rev. Lett. 83, 1042 (1999)).
LARGEST_LONG_SIDE = 15.0


class MacrospinWarning(UserWarning):
    """The free layer is larger than a macrospin describes."""


def exchange_length(ms: float, stiffness: float = EXCHANGE_STIFFNESS) -> float:
    """sqrt(2 A / (µ0 Ms²)), m, of saturation magnetisation `ms` (A/m) and exchange stiffness (J/m)."""
    return math.sqrt(2 * stiffness / (constants.mu_0 * ms * ms))


def check_dimensions(dimensions: Any, ms: float, stiffness: float = EXCHANGE_STIFFNESS) -> bool:
    """Whether free layers are small enough for one macrospin; warns, naming the exchange length, where not.

    Args:
        dimensions: m, shape (3, …): the three sides, of one or many.
    """
    sides = np.sort(np.asarray(dimensions, float).reshape(3, -1), axis=0)
    length = exchange_length(ms, stiffness)
    short, long = float(sides[0].max()) / length, float(sides[2].max()) / length
    if short <= LARGEST_SHORT_SIDE and long <= LARGEST_LONG_SIDE:
        return True
    warnings.warn(
        f"free layer larger than a macrospin: with an exchange length of {1e9 * length:.2f} nm the short side is "
        f"{short:.1f} lengths (up to {LARGEST_SHORT_SIDE:g} turn coherently) and the longest {long:.1f} (up to "
        f"{LARGEST_LONG_SIDE:g})",
        MacrospinWarning,
        stacklevel=2,
    )
    return False


def largest_step(values: Mapping[str, Any], largest_torque: float) -> float:
    """Largest time step (s) for parameter `values` (scalars or arrays) and a spin torque of up to `largest_torque` A/m.

    The turn per step is bounded by γ h (anisotropy of the shape and of the material, applied field and torque).
    """
    factors = [np.asarray(values[f"n_{axis}"], float) for axis in "wlt"]
    middle = np.median(np.stack(np.broadcast_arrays(*factors)), axis=0)
    spread = np.max(np.stack([np.abs(n - middle) for n in factors]), axis=0)
    material = 2 * abs(values["k_bulk"] + values["k_interface"] / values["height"]) / (constants.mu_0 * values["ms"])
    applied = sum(np.asarray(values[f"field_{axis}"], float) ** 2 for axis in "wlt") ** 0.5
    field = values["ms"] * spread + material + applied + abs(largest_torque)
    return float(np.min(LARGEST_TURN / (np.asarray(values["gyromagnetic"], float) * field)))


def check_step(step: float, values: Mapping[str, Any], largest_torque: float) -> None:
    """Refuse a time step that the dynamics outrun.

    Raises:
        InputError: with the largest step allowed.
    """
    limit = largest_step(values, largest_torque)
    if not 0 < step <= limit:
        raise InputError(
            "time step out of range for these dynamics",
            where="step",
            found=step,
            allowed=f"above 0, up to {limit:.4g} s",
        )


def thermal_field(values: Mapping[str, Any], temperature_K: Any, step: float) -> Any:
    """Standard deviation (A/m) of each component of the thermal field, held over a step of `step` s.

    sqrt(2 α k T / (γ µ0 Ms V h)): W. F. Brown, Phys. Rev. 130, 1677 (1963), with the field in the Gilbert equation and
    γ in m/(A s).
    """
    volume = values["area"] * values["height"]
    power = 2 * values["alpha"] * constants.k * temperature_K
    return (power / (values["gyromagnetic"] * constants.mu_0 * values["ms"] * volume * step)) ** 0.5
