"""Plan of the experiment with ideal and device neurons: the device, its variants, the points of the sweeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch

from ipcircuit.compact.signed_mtj.analytic import SignedAnalytic, analytic, thermal_deviation
from ipcircuit.compact.signed_mtj.fit import SignedFit, fit_linear, simulate_train
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.device import declare
from ipcircuit.errors import InputError
from network.experiments.signed.exchange import Variant
from network.neurons.signed_mtj.dynamics import DeviceDynamics, LinearDynamics, SignedDynamics
from network.neurons.signed_mtj.layer import Firing, Variation, run

DRIVE_STD = 1.5  # of the random drives, in thresholds: about what batch normalisation gives a layer
SPREAD = Variation(tau=0.05, gain=0.05, threshold=0.05)
"""Between neurons; assumed: 5 % of each, for want of a published figure."""


@dataclass(frozen=True)
class Plan:
    """Sizes of one experiment.

    Attributes:
        seeds: trainings.
        device: the junction.
        temperature_K: of the thermal noise.
        dt_s, threshold: time step and threshold of u. Assumed, as the source states neither: a step that lets half of
            the membrane leak away (0.5 ns), and a threshold between the onset (0.29) and saturation (1).
        wells: of the sweep over the fit error, relative to the device's own.
        noises: of the sweep over noise: stationary deviations of the membrane, in thresholds.
        tune_sweep: fine-tune in the first sweep too, on embedded sets.
    """

    seeds: int = 5
    device: Device = field(default_factory=declare)
    temperature_K: float = 300.0
    dt_s: float = 0.5e-9
    threshold: float = 0.4
    wells: Sequence[float] = (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.5)
    noises: Sequence[float] = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8)
    tune_sweep: bool = True

    def __post_init__(self) -> None:
        if self.seeds < 1:
            raise InputError("needs at least one seed", where="seeds", found=self.seeds)

    @cached_property
    def analytic(self) -> SignedAnalytic:
        """The device's constants by hand."""
        return analytic(self.device)

    @cached_property
    def fit(self) -> SignedFit:
        """The linear neuron fitted to the simulated magnetisation."""
        return fit_linear(simulate_train(self.device))

    @property
    def ideal(self) -> LinearDynamics:
        """The linear neuron with the analytic constants of the device."""
        return LinearDynamics("ideal", self.dt_s, self.analytic.tau_s)

    @property
    def fitted(self) -> LinearDynamics:
        """The same with the fitted ones: leak is alpha_1 and gain alpha_2, relative to the analytic ones."""
        leak = self.analytic.tau_s / self.fit.neuron.tau_s
        gain = self.fit.neuron.gain / self.analytic.gain * leak
        return LinearDynamics("fitted", self.dt_s, self.analytic.tau_s, leak, gain)

    def with_well(self, factor: float) -> DeviceDynamics:
        """The device's neuron with `factor` times its well."""
        return DeviceDynamics(self.analytic.neuron(well=factor), self.dt_s, self.threshold)

    @property
    def noise(self) -> float:
        """Thermal deviation in thresholds."""
        return thermal_deviation(self.device, self.temperature_K) / self.threshold

    def variants(self) -> list[Variant]:
        """From the ideal neuron to all that is known against the device."""
        device, hot = self.with_well(1.0), f"device, {self.temperature_K:g} K"
        return [
            Variant("ideal", self.ideal),
            Variant("fitted", self.fitted),
            Variant("device", device),
            Variant(hot, device, self.noise),
            Variant(f"{hot}, 5 % spread", device, self.noise, SPREAD),
        ]

    def fit_error(self, factor: float) -> float:
        """RMS of (device - ideal) after one step, in thresholds, with `factor` times the well."""
        return step_error(sample_steps(self.with_well(factor)), self.ideal)

    def settings(self) -> dict[str, Any]:
        """Numbers behind the experiment, for its record."""
        neuron, fit = self.with_well(1.0).normalised, self.fit
        return {
            "seeds": self.seeds,
            "dt_s": self.dt_s,
            "threshold": self.threshold,
            "reset": "zero",
            "tau_s": neuron.tau_s,
            "fitted_tau_s": fit.neuron.tau_s,
            "gain_m2_per_A": self.analytic.gain,
            "fitted_gain_m2_per_A": fit.neuron.gain,
            "fit_rms_of_u": fit.rms,
            "onset": neuron.onset,
            "capture": neuron.capture,
            "temperature_K": self.temperature_K,
            "thermal_noise": self.noise,
            "spread": {"tau": SPREAD.tau, "gain": SPREAD.gain, "threshold": SPREAD.threshold},
        }


def quick_plan(seeds: int = 3) -> Plan:
    """Fewer seeds and points."""
    return Plan(seeds, wells=(0.0, 1.0, 2.5), noises=(0.0, 0.1, 0.4), tune_sweep=False)


@dataclass(frozen=True)
class Steps:
    """Single steps of a neuron as it runs: membrane before, drive, membrane after (before any reset), each (n,)."""

    before: torch.Tensor
    drive: torch.Tensor
    after: torch.Tensor


def sample_steps(dynamics: SignedDynamics, count: int = 20000, seed: int = 0, std: float = DRIVE_STD) -> Steps:
    """Steps of neurons that run on random drives, spike and are reset to zero, in float64.

    Args:
        count: about how many steps (500 neurons at least 20 steps each).
        seed, std: of the normal drives.
    """
    generator = torch.Generator().manual_seed(seed)
    drives = std * torch.randn(max(20, count // 500), 1, 500, generator=generator, dtype=torch.float64)
    state, rows = dynamics.rest(drives[0]), []
    for drive in drives:
        after = dynamics.step(state, drive)
        rows.append((dynamics.read(state), drive, dynamics.read(after)))
        _, state = run(dynamics, drive.unsqueeze(0), state, Firing(reset="zero"))
    before, driven, ended = (torch.cat(column).flatten() for column in zip(*rows, strict=True))
    return Steps(before, driven, ended)


def step_error(steps: Steps, linear: LinearDynamics) -> float:
    """RMS of (neuron - linear) after one step from the same membrane, in thresholds."""
    return float((steps.after - linear.step(steps.before, steps.drive)).square().mean().sqrt())
