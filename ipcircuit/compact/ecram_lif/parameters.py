"""Parameters of the discrete LIF neuron with a short-term plastic ECRAM synapse (Currie et al.)."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ipcircuit.compact.ecram_lif.threshold import ThresholdStageTable
from ipcircuit.errors import InputError

_POSITIVE = (
    "membrane_F",
    "drive_V",
    "coupling",
    "base_ohm",
    "limit_ohm",
    "pulse_s",
    "threshold_V",
    "take_off_V",
    "leak_A",
    "thermal_V",
)
_NOT_NEGATIVE = ("series_ohm", "step_ohm", "leak_per_V", "latency_s", "refractory_s")


@dataclass(frozen=True)
class LifNeuronParameters:
    """An input spike injects (drive - coupling V - curvature V²)/(R + series) for `pulse_s`; R = base + effect ·
    (sum of the poles).

    A spike adds share · step · (1 - sum/limit) to each pole (ohm, never negative), which decays with its time constant.

    Attributes:
        membrane_F: capacitance, F.
        drive_V, coupling, curvature, series_ohm: what the synapse's switch leaves of supply and membrane
            voltage, and adds to R.
        base_ohm, step_ohm, limit_ohm: channel at rest, displacement of one spike from rest, largest displacement.
        effect: ohm of channel per ohm of displacement; 0 is the ablation, negative is facilitation.
        shares, taus_s: per pole.
        pulse_s: how long an input spike injects.
        threshold_V, take_off_V: where the regenerative current balances the leak, and over which it grows by e.
        leak_A, leak_per_V, thermal_V: leak (leak_A + leak_per_V V)(1 - exp(-V/thermal_V)).
        latency_s: from the membrane's take-off to the output, added to spike times.
        refractory_s: from the spike to the end of the reset, which holds the membrane at 0 V.
        origin: where the values come from.
        reset_V: membrane after the reset.
        stage: measured currents of threshold stage and leak; with them the stage's lag is followed in time, and
            threshold_V, take_off_V and the three numbers of the leak are only their summary. Without them the
            regenerative current follows the membrane at once, exponentially.
    """

    membrane_F: float
    drive_V: float
    coupling: float
    series_ohm: float
    base_ohm: float
    step_ohm: float
    limit_ohm: float
    effect: float
    shares: tuple[float, ...]
    taus_s: tuple[float, ...]
    pulse_s: float
    threshold_V: float
    take_off_V: float
    leak_A: float
    leak_per_V: float
    thermal_V: float
    latency_s: float
    refractory_s: float
    origin: str
    curvature: float = 0.0
    reset_V: float = 0.0
    stage: ThresholdStageTable | None = None

    def __post_init__(self) -> None:
        for name in _POSITIVE:
            if not (getattr(self, name) > 0 and math.isfinite(getattr(self, name))):
                raise InputError("must be positive", where=name, found=getattr(self, name))
        for name in _NOT_NEGATIVE:
            if not (getattr(self, name) >= 0 and math.isfinite(getattr(self, name))):
                raise InputError("must not be negative", where=name, found=getattr(self, name))
        if not self.shares or len(self.shares) != len(self.taus_s):
            raise InputError("shares and taus_s need one value per pole", found=(len(self.shares), len(self.taus_s)))
        if any(s < 0 for s in self.shares) or not math.isclose(sum(self.shares), 1.0):
            raise InputError("shares must add to one", where="shares", found=self.shares)
        if not all(tau > 0 for tau in self.taus_s):
            raise InputError("time constants must be positive", where="taus_s", found=self.taus_s)
        if not self.step_ohm < self.limit_ohm:
            raise InputError(
                "one spike displaces all there is",
                where="step_ohm",
                found=self.step_ohm,
                allowed=f"below limit_ohm, {self.limit_ohm:g}",
            )
        if not self.base_ohm + min(self.effect, 0.0) * self.limit_ohm > 0:
            raise InputError("the channel would reach no resistance", where="effect", found=self.effect)
        if not self.threshold_V < self.drive_V / self.coupling:
            raise InputError(
                "input spikes cannot reach the threshold",
                where="threshold_V",
                found=self.threshold_V,
                allowed=f"below {self.drive_V / self.coupling:g} V",
            )
