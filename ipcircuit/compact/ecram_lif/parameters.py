"""Parameters of the discrete LIF neuron with a short-term plastic ECRAM synapse (Currie et al.)."""

from __future__ import annotations

import math

from ipcircuit.compact.ecram_lif.threshold import ThresholdStageTable
from ipcircuit.errors import InputError
from ipcircuit.records import NonNegative, Positive, record


@record
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

    membrane_F: Positive
    drive_V: Positive
    coupling: Positive
    series_ohm: NonNegative
    base_ohm: Positive
    step_ohm: NonNegative
    limit_ohm: Positive
    effect: float
    shares: tuple[NonNegative, ...]
    taus_s: tuple[Positive, ...]
    pulse_s: Positive
    threshold_V: Positive
    take_off_V: Positive
    leak_A: Positive
    leak_per_V: NonNegative
    thermal_V: Positive
    latency_s: NonNegative
    refractory_s: NonNegative
    origin: str
    curvature: float = 0.0
    reset_V: float = 0.0
    stage: ThresholdStageTable | None = None

    def __post_init__(self) -> None:
        if not self.shares or len(self.shares) != len(self.taus_s):
            raise InputError("shares and taus_s need one value per pole", found=(len(self.shares), len(self.taus_s)))
        if not math.isclose(sum(self.shares), 1.0):
            raise InputError("shares must add to one", where="shares", found=self.shares)
        if not self.step_ohm < self.limit_ohm:
            allowed = f"below limit_ohm, {self.limit_ohm:g}"
            raise InputError("one spike displaces all there is", where="step_ohm", found=self.step_ohm, allowed=allowed)
        if not self.base_ohm + min(self.effect, 0.0) * self.limit_ohm > 0:
            raise InputError("the channel would reach no resistance", where="effect", found=self.effect)
        highest = self.drive_V / self.coupling
        if not self.threshold_V < highest:
            found, allowed = self.threshold_V, f"below {highest:g} V"
            raise InputError(
                "input spikes cannot reach the threshold", where="threshold_V", found=found, allowed=allowed
            )
