"""The orthogonal-easy-axis junction as a neuron: a nonlinear first-order equation derived from the macrospin.

With the hard axis W along the pinned layer, u = m_W is the momentum and the angle phi around W the coordinate of a
driven, damped pendulum (small damping; the same equation as a current-driven Josephson junction):

    du/dt   = (1 - u^2) ((d - u)/tau - (omega_k/2) sin 2 phi),   dphi/dt = omega_m u
    omega_m = gamma mu0 Ms N_e,   omega_k = gamma mu0 Ms (N_L - N_T),
    N_e     = N_W - (N_L + N_T)/2,  tau = 1/(alpha omega_m)

d is the spin torque as the field a_J over alpha mu0 Ms N_e: the value at which u settles. Averaged over a turn the last
term vanishes, which leaves

    du/dt = (1 - u^2) (d - u)/tau                                      while the magnetisation turns,
    du/dt = -u (1 - u^2)/tau                                           while it is caught in the easy axis' well.

It is caught when |u| falls below u_c = (2/pi) sqrt(k), k = (N_L - N_T)/N_e, the mean of |u| over phi on the separatrix
(the retrapping current 4/(pi Q) of a Josephson junction), and a drive sets it free from rest above d_on = i_on(Q) d_c
with d_c = k/(2 alpha) and Q = sqrt(k)/alpha; i_on is 0.7246 without damping and rises to 1 with it. Nothing here is
fitted. Left out: the oscillation of u within a turn (amplitude about k/(2 u)), the time that the first turn takes, and
the phase, whose thermal spread makes the onset random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch

from ipcircuit.errors import InputError
from network.signed.dynamics import Factor, ScalarState, decay_factor

GAMMA = 1.760859630e11  # rad/(s T), electron gyromagnetic ratio, CODATA 2018
MU0 = 1.25663706212e-6  # N/A^2, CODATA 2018
BOLTZMANN = 1.380649e-23  # J/K, exact
LARGEST = 1 - 1e-6  # |u| is kept below: in single precision artanh ends here


@dataclass(frozen=True)
class Pillar:
    """What the neuron needs of the free layer. Defaults: 10 x 45 x 50 nm (published), the rest assumed.

    Attributes:
        ms_A_per_m, damping: saturation magnetisation and Gilbert damping (assumed: 1e6 A/m, 0.01).
        demagnetisation: factors along W, L, T (default: elliptic cylinder, computed numerically).
        volume_m3: of the elliptic cylinder.
        temperature_K: of the thermal noise.
    """

    ms_A_per_m: float = 1e6
    damping: float = 0.01
    demagnetisation: tuple[float, float, float] = (0.724, 0.140, 0.136)
    volume_m3: float = math.pi / 4 * 10e-9 * 45e-9 * 50e-9
    temperature_K: float = 300.0

    def __post_init__(self) -> None:
        for name in ("ms_A_per_m", "damping", "volume_m3"):
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InputError("must be positive", where=name, found=getattr(self, name))
        if not self.temperature_K >= 0:
            raise InputError("must not be negative", where="temperature_K", found=self.temperature_K)
        w, length, t = self.demagnetisation
        if not w > length >= t > 0:
            raise InputError("the pinned axis W must be the hard axis and T the easy one", where="demagnetisation",
                             found=self.demagnetisation, allowed="N_W > N_L >= N_T > 0")  # fmt: skip

    @property
    def n_effective(self) -> float:
        """N_e = N_W - (N_L + N_T)/2."""
        w, length, t = self.demagnetisation
        return w - (length + t) / 2

    @property
    def in_plane(self) -> float:
        """k = (N_L - N_T)/N_e, anisotropy that holds the magnetisation at the easy axis."""
        return (self.demagnetisation[1] - self.demagnetisation[2]) / self.n_effective

    @property
    def tau_s(self) -> float:
        """Time constant 1/(alpha gamma mu0 Ms N_e), s."""
        return 1 / (self.damping * GAMMA * MU0 * self.ms_A_per_m * self.n_effective)

    @property
    def capture(self) -> float:
        """|u| below which the magnetisation is caught."""
        return 2 / math.pi * math.sqrt(self.in_plane)

    @property
    def onset(self) -> float:
        """Drive d above which a step sets the magnetisation free from rest."""
        k = self.in_plane
        return onset_ratio(math.sqrt(k) / self.damping) * k / (2 * self.damping) if k > 0 else 0.0

    @property
    def sigma(self) -> float:
        """Thermal standard deviation of u: sqrt(k_B T / (mu0 Ms^2 V N_e)), from the energy (mu0 Ms^2 V N_e/2) u^2."""
        stiffness = MU0 * self.ms_A_per_m**2 * self.volume_m3 * self.n_effective
        return math.sqrt(BOLTZMANN * self.temperature_K / stiffness)

    def dynamics(self, dt_s: float = 0.5e-9, threshold: float = 0.4, name: str = "device") -> DeviceDynamics:
        """The neuron with these constants."""
        return DeviceDynamics(self.tau_s, self.onset, self.capture, 1.0, dt_s, threshold, name)

    def with_in_plane(self, difference: float) -> Pillar:
        """The same pillar with N_L - N_T = `difference` and unchanged N_W and N_L + N_T."""
        w, length, t = self.demagnetisation
        middle = (length + t) / 2
        return replace(self, demagnetisation=(w, middle + difference / 2, middle - difference / 2))


@lru_cache(maxsize=64)
def onset_ratio(quality: float) -> float:
    """Smallest step of drive, over d_c, that carries the pendulum from rest over its barrier; 0.7246 … 1.

    Integrates phi'' + phi'/Q + sin(2 phi)/2 = i/2 for many i at once (fourth-order Runge-Kutta, steps of 0.05 of the
    inverse plasma frequency). Resolution 0.0005.

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
    free = y[0] > math.pi / 2 + math.asin(1) / 2
    return float(i[free].min()) if free.any() else 1.0


@dataclass(frozen=True)
class DeviceDynamics(ScalarState):
    """The equation of this module, one step at a time; states and drives in thresholds.

    Solved in w = artanh u, where it reads dw/dt = (d - tanh w)/tau: |u| < 1 whatever the drive, and the slope is never
    steeper than 1/tau; fourth-order Runge-Kutta in steps of at most tau/2.

    The gate that the well makes has no useful gradient (a caught neuron would never learn to start), so the backward
    pass sees the turning equation.

    Attributes:
        tau_s: time constant at small u, s.
        onset: |d| above which a caught magnetisation starts; 0 without a well.
        capture: |u| below which it is caught.
        gain: what d is over what the network takes it for; 1 on paper.
        dt_s: step, s.
        threshold: of u, above `capture`, below 1.
    """

    tau_s: float
    onset: float
    capture: float
    gain: float = 1.0
    dt_s: float = 0.5e-9
    threshold: float = 0.4
    name: str = "device"

    def __post_init__(self) -> None:
        for field in ("tau_s", "gain", "dt_s"):
            if not (getattr(self, field) > 0 and math.isfinite(getattr(self, field))):
                raise InputError("must be positive", where=field, found=getattr(self, field))
        if not (self.onset >= 0 and 0 <= self.capture < self.threshold < 1):
            raise InputError("threshold cannot be told from rest or never be reached", where="threshold",
                             found=self.threshold, allowed=f"above {self.capture:.3g}, below 1")  # fmt: skip

    def gate(self, u: torch.Tensor, drive: torch.Tensor) -> torch.Tensor:
        """1 where the magnetisation turns or is set free, else 0; of u and d, not in thresholds."""
        return ((u.abs() > self.capture) | (drive.abs() > self.onset)).to(u.dtype)

    def step(self, state: torch.Tensor, drive: torch.Tensor, tau: Factor = 1.0, gain: Factor = 1.0) -> torch.Tensor:
        """State after `dt_s`; see `SignedDynamics`."""
        u = (state * self.threshold).clamp(-LARGEST, LARGEST)
        field = drive * (self.gain * gain * self.threshold)
        passed = field * self.gate(u.detach(), field.detach())
        field = field + (passed - field).detach()  # value: gated; gradient: not
        count = math.ceil(2 * self.dt_s / self.tau_s)
        h = self.dt_s / (self.tau_s * count) / tau
        w = torch.atanh(u)
        for _ in range(count):
            a = field - torch.tanh(w)
            b = field - torch.tanh(w + h / 2 * a)
            c = field - torch.tanh(w + h / 2 * b)
            w = w + h / 6 * (a + 2 * b + 2 * c + field - torch.tanh(w + h * c))
        return torch.tanh(w) / self.threshold

    def noise_std(self, state: torch.Tensor, sigma: float, tau: Factor = 1.0) -> torch.Tensor:
        """sigma sqrt((1 - u^2)(1 - beta^2)): rotational diffusion, with the dissipation of the equation above."""
        beta = decay_factor(self.dt_s, self.tau_s, tau)
        u2 = ((state * self.threshold) ** 2).clamp(max=1.0)
        return sigma * ((1 - u2) * (1 - beta**2)) ** 0.5
