"""Response of a filter to a regular train, analytic, from the constants in the device's declaration alone.

A pulse displaces a channel by step · (1 - X/limit) and the poles relax between pulses at interval T, so that in the
steady state the displacement X before each pulse is

    X = step · G / (1 + G step/limit),    G(T) = sum of share_i / (exp(T/tau_i) - 1).

For intervals that are short beside the time constants G = rate · tau - 1/2, with tau = sum of share_i · tau_i. The
charge of a spike goes as 1/(R1 - X1) + 1/(R2 + X2), each X averaged over its own pulse. Setting the derivative to zero
leaves an equation that is linear in the rate: `preferred_rate`. With R2 = R1 - limit it is

    rate = (limit/step - 1/2) / sqrt(tau_1 tau_2),

whatever the resistances; `series_ohm`, what the synapse's switch adds to each, is therefore left out by default and
matters to the contrast only. Nothing here is simulated or fitted; `network.experiments.filters.rates` measures the
same by events.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np

from circuits.ecram_lif.temporal_filter import TemporalFilter
from ipcircuit.declaration.device import Device
from ipcircuit.devices.ecram.currie2026 import GATE_PULSE
from ipcircuit.devices.ecram.device import base_resistance, declare, gate_charge
from ipcircuit.errors import InputError


def step_ohm(device: Device) -> float:
    """Displacement of a channel at rest by one default pulse, ohm; 0 with the volatile part off."""
    p = device.values()
    limit = p["r_volatile_max"]
    charge = _pulse_charge(p["v_gate"], p["gate_width"], p["g_ion"])
    return -p["volatile"] * limit * math.expm1(-p["volatile_gain"] * charge / limit)


@lru_cache(maxsize=64)
def _pulse_charge(v_gate: float, gate_width: float, g_ion: float) -> float:
    """Ionic charge (C) of the default pulse, which depends on nothing else of a device."""
    return gate_charge(declare().with_parameters(v_gate=v_gate, gate_width=gate_width, g_ion=g_ion), GATE_PULSE)


def mean_time_constant(device: Device) -> float:
    """Time constants of the poles, averaged with their shares, s."""
    p = device.values()
    return (1 - p["slow_share"]) * p["tau_fast"] + p["slow_share"] * p["tau_slow"]


def corner_rate(device: Device) -> float | None:
    """Rate (Hz) at which a channel alone has moved half of what it can: the corner of a single synapse.

    None with the volatile part off.
    """
    step = step_ohm(device)
    return (device.values()["r_volatile_max"] / step + 0.5) / mean_time_constant(device) if step else None


def steady_displacement(device: Device, rates_Hz: np.ndarray) -> np.ndarray:
    """Displacement (ohm) before each pulse of a regular train that has lasted for long; shape of `rates_Hz`.

    Raises InputError: a rate that is not positive, or whose interval is shorter than the pulse.
    """
    rates = checked_rates(rates_Hz)
    p, step = device.values(), step_ohm(device)
    shares = {"tau_fast": 1 - p["slow_share"], "tau_slow": p["slow_share"]}
    kept = np.zeros_like(rates)
    for tau, share in shares.items():
        kept += share / np.expm1(np.minimum(1 / (rates * p[tau]), 700.0))
    return step * kept / (1 + kept * step / p["r_volatile_max"])


def steady_gain(design: TemporalFilter, rates_Hz: np.ndarray, series_ohm: float = 0.0) -> np.ndarray:
    """Charge of a spike in the steady state over that of a spike from rest; shape of `rates_Hz`."""
    rates = checked_rates(rates_Hz)
    now, rest = np.zeros_like(rates), 0.0
    for device in (design.facilitating, design.depressing):
        p, step, ohms = device.values(), step_ohm(device), base_resistance(device) + series_ohm
        before = steady_displacement(device, rates)
        during = before + step * (1 - before / p["r_volatile_max"]) / 2
        now += 1 / (ohms - p["sign"] * during)
        rest += 1 / (ohms - p["sign"] * step / 2)
    return now / rest


def preferred_rate(design: TemporalFilter, series_ohm: float = 0.0) -> float | None:
    """Rate (Hz) at which a spike delivers most, in closed form; None where there is no maximum."""
    slow, fast = (_Branch(d, series_ohm) for d in (design.facilitating, design.depressing))
    if not slow.step or not fast.step:
        return None
    # Slopes are equal where weight_1 [rest_2 + G_2 end_2] = weight_2 [rest_1 + G_1 end_1], with G = rate tau - 1/2.
    slow_rest, slow_end = slow.ohms - slow.step / 2, (slow.ohms - slow.limit) * slow.saturation
    fast_rest, fast_end = fast.ohms + fast.step / 2, (fast.ohms + fast.limit) * fast.saturation
    above = slow.weight * (fast_rest - fast_end / 2) - fast.weight * (slow_rest - slow_end / 2)
    below = fast.weight * slow_end * slow.tau - slow.weight * fast_end * fast.tau
    return above / below if above > 0 and below > 0 else None


class _Branch:
    """A channel's numbers as the derivation names them: ohms with its switch, s = step/limit, root of its slope."""

    def __init__(self, device: Device, series_ohm: float) -> None:
        self.ohms, self.tau = base_resistance(device) + series_ohm, mean_time_constant(device)
        self.step, self.limit = step_ohm(device), device.values()["r_volatile_max"]
        self.saturation = self.step / self.limit
        self.weight = math.sqrt((1 - self.saturation / 2) * self.step * self.tau)


def contrast(design: TemporalFilter, series_ohm: float = 0.0) -> float | None:
    """Charge of a spike at the preferred rate over that from rest, less one; None without a preferred rate."""
    rate = preferred_rate(design, series_ohm)
    return None if rate is None else float(steady_gain(design, np.array([rate]), series_ohm)[0] - 1)


def checked_rates(rates_Hz: np.ndarray) -> np.ndarray:
    """The rates as floats.

    Raises InputError: naming the first that is not positive and finite, or whose interval is shorter than a pulse.
    """
    rates = np.asarray(rates_Hz, float)
    highest = 1 / GATE_PULSE.duration
    wrong = rates[~((rates > 0) & (rates <= highest))]
    if wrong.size:
        problem = "no such input rate: its interval must hold a pulse"
        raise InputError(problem, where="rates_Hz", found=float(wrong[0]), allowed=f"above 0, up to {highest:.3g} Hz")
    return rates
