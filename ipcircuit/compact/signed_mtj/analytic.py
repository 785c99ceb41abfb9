"""What the signed neuron's constants are on paper, from the device's parameters alone.

With the pinned layer along W, the hardest axis, m precesses about W at γ Ms (N_W - N) m_W. Averaged over a turn, with
N = (N_L + N_T)/2, damping and torque act along W only (Landau-Lifshitz-Gilbert, α² neglected):

    dm_W/dt = γ (a - α Ms (N_W - N) m_W) (1 - m_W²)

so τ = 1 / (α γ Ms (N_W - N)) and m_W = a / (α Ms (N_W - N)) at rest under a: if that exceeds 1, it saturates.

Precession must first start. In the L-T plane the torque drives m against H_k = Ms (N_L - N_T) + anisotropy: at angle
φ from T it balances where a = (H_k/2) sin 2φ, so beyond a = H_k/2 no equilibrium is left and m turns over. This is the
critical current of an out-of-plane polariser over an in-plane layer without field (R. Matsumoto and H. Imamura, arXiv
1612.06951, whose plane is our L-T plane); it is derived here, as that paper's text was not at hand. A field H along T
adds H sin φ on the right: the largest sum over φ is the critical a.

A current switched on suddenly swings m past the balance. Without damping it has the energy to go on when
sin²φ H_k/2 = a φ can be reached at the top of the barrier, tan φ = 2 φ: a = 0.362 H_k. Damping takes the onset of a
step between the two (`signed_onset`).

Below |m_W| = sqrt(H_k / (Ms (N_W - N))) precession is caught in the valley of ±T and m_W swings about zero instead,
decaying half as fast: with 2τ.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from ipcircuit.compact.signed_mtj.neuron import SignedLif
from ipcircuit.compact.signed_mtj.onset import easy_axis, hard_axis, material_field, step_onset
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import SPIN_TORQUE
from ipcircuit.errors import InputError

_PHI = float(brentq(lambda phi: math.tan(phi) - 2 * phi, 1.0, 1.5))  # type: ignore[arg-type]
#: a / H_k above which a step of current turns m over, without damping.
SUDDEN = math.sin(_PHI) ** 2 / (2 * _PHI)


@dataclass(frozen=True)
class SignedAnalytic:
    """Figures on paper.

    Attributes:
        tau_s, gain: of `SignedLif`; gain in m²/A.
        anisotropy_field: H_k of the L-T plane, A/m.
        ramp_onset, step_onset, undamped_onset: current density (A/m²) above which m precesses: raised slowly, in a
            step, and in a step without damping. The steps are without a field.
        locked: |u| below which precession is caught.
    """

    tau_s: float
    gain: float
    anisotropy_field: float
    ramp_onset: float
    step_onset: float
    undamped_onset: float
    locked: float

    def neuron(self, *, saturating: bool = True) -> SignedLif:
        """The neuron with these constants; the linear form is ideal and has no onset."""
        if not saturating:
            return SignedLif(self.tau_s, self.gain)
        return SignedLif(self.tau_s, self.gain, True, self.step_onset, self.locked)


def critical_torque(anisotropy_field: float, field_t: float = 0.0) -> float:
    """Largest a (A/m) that leaves an equilibrium, with a field along +T: max over φ of H sin φ + (H_k/2) sin 2φ."""
    found = minimize_scalar(
        lambda phi: -(field_t * math.sin(phi) + anisotropy_field / 2 * math.sin(2 * phi)),
        bounds=(0.0, math.pi / 2),
        method="bounded",
        options={"xatol": 1e-10},
    )
    return -float(found.fun)


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
        anisotropy_field=easy,
        ramp_onset=critical_torque(easy, p["field_t"]) / per_current,
        step_onset=step_onset(device),
        undamped_onset=SUDDEN * easy / per_current,
        locked=min(1.0, math.sqrt(easy / hard)),
    )


def parallel_onset(device: Device) -> float:
    """Current density (A/m²) at which the parallel design leaves its easy axis: the torque outweighs the damping.

    Linearised about ±T, the two transverse components turn elliptically and grow at γ (a - α (H_W + H_L)/2), with
    H_W, H_L = Ms (N_W - N_T), Ms (N_L - N_T) plus anisotropy.
    """
    p = device.values()
    fields = p["ms"] * ((p["n_w"] + p["n_l"]) / 2 - p["n_t"]) + material_field(p)
    return p["alpha"] * fields * p["ms"] * p["height"] / (SPIN_TORQUE * p["polarisation"])
