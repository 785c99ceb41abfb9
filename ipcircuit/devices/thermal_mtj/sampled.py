"""The pre-pulse measurement (Liu et al., Fig. 2f,g) as an experimenter sees it: counts of random trajectories.

`mtj_thermal` runs in sampled mode: each set pulse has its own exponential variate, and a device that switches early
heats less from then on. The mean over such trajectories is what mean-field mode computes in one go, so the two check
each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.declaration.integrate import integrate
from ipcircuit.devices.thermal_mtj.measure import CYCLE, PRE_PULSE, pre_pulse
from ipcircuit.pulses import Segment, waveform
from ipcircuit.statistics import wilson_interval

COOLING = 200e-9  # s, Fig. 2g
_STEP = 1e-9
_TAUS = {"t_fast": "tau_fast", "t_slow": "tau_slow"}


@dataclass(frozen=True)
class Frequency:
    """How often `samples` devices fired: count, share, and the 99 % Wilson interval of the probability behind it."""

    fired: int
    samples: int
    probability: float
    interval: tuple[float, float]


@dataclass(frozen=True)
class SampledPrePulse:
    """Firing at `amplitude` V: cold, right after the pre-pulse and its reset, and 200 ns later; made with `seed`."""

    amplitude: float
    base: Frequency
    heated: Frequency
    cooled: Frequency
    seed: int


def _drive(
    device: Device, segments: list[Segment], variate: np.ndarray, states: Mapping[str, np.ndarray]
) -> dict[str, np.ndarray]:
    """States of a batch of devices after `segments`; the state is AP where `hazard` exceeds the variate."""
    run = integrate(
        device,
        "sampled",
        waveform(segments),
        sum(s.duration for s in segments),
        step=_STEP,
        states=states,
        extra_voltages={"v(variate)": variate},
    )
    return {name: values[-1] for name, values in run.states.items()}


def _frequency(hazard: np.ndarray, variate: np.ndarray, confidence: float) -> Frequency:
    fired, samples = int(np.count_nonzero(hazard > variate)), variate.size
    return Frequency(fired, samples, fired / samples, wilson_interval(fired, samples, confidence))


@cache
def sampled_pre_pulse(
    device: Device, samples: int = 10_000, seed: int = 20260101, confidence: float = 0.99
) -> SampledPrePulse:
    """Fire `samples` devices cold, right after the pre-pulse (0.9 V, 500 ns) and its reset, and 200 ns later.

    Every device goes through the pre-pulse and its reset with a variate of its own and carries its temperatures (K)
    over to the probe, which has another. The probe's amplitude (V) is where the cold device fires at 9.5 %.

    Args:
        device: `mtj_thermal` with any parameters.
        samples: devices per probe.
        seed: of the numpy generator; the same seed gives the same counts.
        confidence: of the Wilson intervals.

    Returns:
        Counts, shares and intervals of the three probes; `mtj_measure.pre_pulse` is the mean-field counterpart.

    Raises:
        InputError: no samples, or a confidence outside 0 … 1.
    """
    wilson_interval(0, samples, confidence)  # refuses bad counts before anything runs
    generator = np.random.default_rng(seed)
    amplitude = pre_pulse(device).amplitude
    before, *probes = generator.exponential(size=(4, samples))
    hot = _drive(device, [PRE_PULSE, CYCLE.reset_pulse()], before, {})
    cool = {pole: hot[pole] * np.exp(-COOLING / device.values()[tau]) for pole, tau in _TAUS.items()}
    results = []
    for start, variate in zip(({}, hot, {**hot, **cool}), probes, strict=True):
        after = _drive(device, [CYCLE.set_pulse(amplitude)], variate, start)
        results.append(_frequency(after["hazard"], variate, confidence))
    return SampledPrePulse(amplitude, *results, seed=seed)
