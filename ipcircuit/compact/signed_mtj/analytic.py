"""Constants of the signed neuron by hand, from the device's parameters alone: docs/physics/signed_mtj.md."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import constants
from scipy.optimize import brentq, minimize_scalar

from ipcircuit.compact.signed_mtj.neuron import SignedLif
from ipcircuit.compact.signed_mtj.onset import easy_axis, hard_axis, step_onset, step_torque
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import SPIN_TORQUE
from ipcircuit.errors import InputError

_PHI = float(brentq(lambda phi: math.tan(phi) - 2 * phi, 1.0, 1.5))  # type: ignore[arg-type]
#: a / H_k above which a step of current turns m over, without damping.
SUDDEN = math.sin(_PHI) ** 2 / (2 * _PHI)


@dataclass(frozen=True)
class SignedAnalytic:
    """Figures by hand.

    Attributes:
        tau_s, gain: of `SignedLif`; gain in m²/A.
        damping: Gilbert damping α.
        hard_field, easy_field: H_h along W and H_k of the L-T plane, A/m.
        ramp_onset, step_onset, undamped_onset: current density (A/m²) above which m precesses: raised slowly, in a
            step, and in a step without damping. The steps are without a field.
    """

    tau_s: float
    gain: float
    damping: float
    hard_field: float
    easy_field: float
    ramp_onset: float
    step_onset: float
    undamped_onset: float

    @property
    def libration(self) -> float:
        """Largest |u| of a magnetisation that is caught and swings about its easy axis."""
        return min(1.0, math.sqrt(self.easy_field / self.hard_field))

    def neuron(self, *, saturating: bool = True, well: float = 1.0) -> SignedLif:
        """The neuron with these constants; the linear form is ideal and has no onset.

        Args:
            well: factor on the anisotropy H_k that holds the magnetisation (another shape, or one along T).
        """
        if not (saturating and well > 0):
            return SignedLif(self.tau_s, self.gain, saturating)
        easy = well * self.easy_field
        onset = step_torque(easy, self.hard_field, self.damping) / (self.damping * self.hard_field) / self.gain
        return SignedLif(self.tau_s, self.gain, True, onset, 2 / math.pi * math.sqrt(easy / self.hard_field))


def critical_torque(anisotropy_field: float, field_t: float = 0.0) -> float:
    """Largest a (A/m) that leaves an equilibrium, with a field along +T: max over φ of H sin φ + (H_k/2) sin 2φ."""
    highest = minimize_scalar(
        lambda phi: -(field_t * math.sin(phi) + anisotropy_field / 2 * math.sin(2 * phi)),
        bounds=(0.0, math.pi / 2),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -float(highest.fun)


@cache
def analytic(device: Device) -> SignedAnalytic:
    """The figures of a device with orthogonal axes.

    Raises:
        InputError: the pinned layer does not lie along W, W is not the hardest or T not the easiest axis, or the device
            has no damping or no polarisation.
    """
    p = device.values()
    if not np.isclose(abs(p["pinned_w"]), 1.0):
        raise InputError("these figures are for a pinned layer along W", where=device.name, found=p["pinned_w"])
    for name, without in (("alpha", "damping it has no time constant"), ("polarisation", "it there is no torque")):
        if not p[name] > 0:
            raise InputError(f"without {without}", where=f"{device.name}: {name}", found=p[name], allowed="above 0")
    hard, easy = hard_axis(p), easy_axis(p)
    if not (hard > 0 and easy > 0):
        raise InputError(
            "W must be the hardest and T the easiest axis",
            where=device.name,
            found=f"fields of {hard:.4g} A/m along W and {easy:.4g} A/m in the L-T plane",
            allowed="both above 0",
        )
    per_current = SPIN_TORQUE * p["polarisation"] / (p["ms"] * p["height"])
    return SignedAnalytic(
        tau_s=1 / (p["alpha"] * p["gyromagnetic"] * hard),
        gain=per_current / (p["alpha"] * hard),
        damping=p["alpha"],
        hard_field=hard,
        easy_field=easy,
        ramp_onset=critical_torque(easy, p["field_t"]) / per_current,
        step_onset=step_onset(device),
        undamped_onset=SUDDEN * easy / per_current,
    )


def thermal_deviation(device: Device, temperature_K: float) -> float:
    """Standard deviation of u at rest: sqrt(k_B T / (µ0 Ms V H_h)), from the energy (µ0 Ms V H_h / 2) u².

    Raises:
        InputError: a negative temperature.
    """
    if not temperature_K >= 0:
        raise InputError("must not be negative", where="temperature_K", found=temperature_K)
    p = device.values()
    stiffness = constants.mu_0 * p["ms"] * p["area"] * p["height"] * hard_axis(p)
    return math.sqrt(constants.k * temperature_K / stiffness)
