"""The orthogonal-easy-axis junction as a neuron in a network: the averaged macrospin, with its onset.

The membrane u = m_W obeys the saturating equation of `ipcircuit.compact.signed_mtj.neuron`, whose constants follow
from the
device in `ipcircuit.compact.signed_mtj.analytic`; nothing here is fitted. In units of the drive d, the u at which the
membrane settles,

    du/dt = (1 - u^2) (d - u)/tau   while the magnetisation turns,
    du/dt = -u (1 - u^2)/tau        while it is caught in the easy axis' well.

Before averaging this is a driven, damped pendulum with the angle phi around W (the equation of a current-driven
Josephson junction, H_k and the field along W, H_h = Ms (N_W - N), in place of critical current and capacitance):

    phi'' + phi'/Q + sin(2 phi)/2 = i/2,   Q = sqrt(k)/alpha,  k = H_k/H_h,  i = d/d_c,  d_c = k/(2 alpha)

in units of the inverse plasma frequency. A drive sets it free from rest above d_on = i_on(Q) d_c; i_on is 0.7246
without damping (`undamped_onset` of `signed_analytic`) and rises to 1 with it. It is caught when |u| falls below
u_c = (2/pi) sqrt(k), the mean of |u| over phi on the separatrix (the retrapping current 4/(pi Q) of a Josephson
junction; `locked`, sqrt(k), is the largest).

Left out: the oscillation of u within a turn (amplitude about k/(2 u)), the time that the first turn takes, and the
phase, whose thermal spread makes the onset random.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from scipy import constants

from ipcircuit.compact.signed_mtj.analytic import analytic, hard_axis
from ipcircuit.compact.signed_mtj.onset import onset_ratio
from ipcircuit.declaration.device import Device
from ipcircuit.errors import InputError
from network.neurons.signed_mtj.dynamics import Factor, ScalarState, decay_factor

LARGEST = 1 - 1e-6  # |u| is kept below: in single precision artanh ends here


@dataclass(frozen=True)
class Membrane:
    """What the neuron needs of a junction.

    Attributes:
        tau_s: time constant 1/(alpha gamma H_h) at small u, s.
        damping: Gilbert damping alpha.
        well: k = H_k/H_h, anisotropy that holds the magnetisation at the easy axis; 0 without a well.
        sigma: thermal standard deviation of u.
        gain: steady u per current density at small current, m²/A.
        temperature_K: of `sigma`.
    """

    tau_s: float
    damping: float
    well: float
    sigma: float
    gain: float
    temperature_K: float

    @classmethod
    def of(cls, device: Device, temperature_K: float = 300.0) -> Membrane:
        """Constants of an `mtj_orthogonal` on paper.

        The thermal deviation is sqrt(k_B T / (mu0 Ms V H_h)), from the energy (mu0 Ms V H_h / 2) u².

        Raises:
            InputError: a negative temperature, or axes that make no signed neuron.
        """
        if not temperature_K >= 0:
            raise InputError("must not be negative", where="temperature_K", found=temperature_K)
        paper, p = analytic(device), device.values()
        stiffness = constants.mu_0 * p["ms"] * p["area"] * p["height"] * hard_axis(p)
        sigma = math.sqrt(constants.k * temperature_K / stiffness)
        well = paper.anisotropy_field / hard_axis(p)
        return cls(paper.tau_s, p["alpha"], well, sigma, paper.gain, temperature_K)

    @property
    def capture(self) -> float:
        """|u| below which the magnetisation is caught."""
        return 2 / math.pi * math.sqrt(self.well)

    @property
    def onset(self) -> float:
        """Drive d above which a step sets the magnetisation free from rest."""
        k = self.well
        return onset_ratio(math.sqrt(k) / self.damping) * k / (2 * self.damping) if k > 0 else 0.0

    def with_well(self, factor: float) -> Membrane:
        """The same with `factor` times the well (another shape, or an anisotropy along T)."""
        return replace(self, well=factor * self.well)

    def dynamics(self, dt_s: float = 0.5e-9, threshold: float = 0.4, name: str = "device") -> DeviceDynamics:
        """The neuron with these constants."""
        return DeviceDynamics(self.tau_s, self.onset, self.capture, 1.0, dt_s, threshold, name)


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
            raise InputError(
                "threshold cannot be told from rest or never be reached",
                where="threshold",
                found=self.threshold,
                allowed=f"above {self.capture:.3g}, below 1",
            )

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
