"""Fits of the signed LIF equation to the simulated magnetisation under pulses of both signs.

Of the device alone, and of the orthogonal and the parallel design beside each other: the parallel one needs agitation,
since exactly along its axis no torque acts on it. So both are simulated with the thermal field, in one run, and what is
fitted is the mean projection of many devices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np
import torch
from scipy.optimize import least_squares, minimize_scalar

from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.signed_mtj.neuron import SignedLif, trace
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.pulses import Idle, Pulse, Segment, Waveform, waveform

SAMPLE = 10e-12  # s, between points of a trace
_STEP = 1e-12


@dataclass(frozen=True)
class Train:
    """Pulses of both signs, the protocol of a fit; all assumed (the source's amplitudes and widths are not public).

    Attributes:
        amplitudes: current density of each group's pulses, A/m².
        pulses: per group.
        width, gap, edge: of a pulse, s; `width` at half height.
        pause: after each group, s, for the membrane to relax.
    """

    amplitudes: tuple[float, ...] = (1e12, -1e12)
    pulses: int = 4
    width: float = 0.5e-9
    gap: float = 0.3e-9
    edge: float = 0.05e-9
    pause: float = 4e-9

    def waveform(self) -> Waveform:
        """Current density (A/m²) over time."""
        segments: list[Segment] = []
        for amplitude in self.amplitudes:
            pulse = Pulse(amplitude, self.width - self.edge, self.edge, self.edge)
            segments += [part for _ in range(self.pulses) for part in (pulse, Idle(self.gap - self.edge))]
            segments.append(Idle(self.pause))
        return waveform(segments, 0.1e-9)

    @property
    def stop(self) -> float:
        """End of the last pause, s."""
        return self.waveform().times[-1]


#: Twice the current that the orthogonal design needs: below it the parallel one hardly moves within such pulses.
COMPARED = Train((2e12, -2e12), pulses=3, pause=2e-9)
#: Amplitudes that the fit has not seen, within what the barrier stands at its default resistance.
VARIED = Train((0.7e12, -1.1e12, 0.9e12, -0.8e12, 1.1e12, -0.7e12), pulses=3, pause=3e-9)


@dataclass(frozen=True)
class Trace:
    """A simulated membrane: `time` (s), `u` and `current_density` (A/m², mean over the step before), each (n,)."""

    time: np.ndarray
    u: np.ndarray
    current_density: np.ndarray


@dataclass(frozen=True)
class SignedFit:
    """A fitted neuron.

    Attributes:
        neuron: its constants; `rest` is where u relaxes to (0 unless it was free in the fit).
        rms: root mean square of fitted minus simulated u.
        relative: the same over the root mean square of u about its own mean: 1 is no better than a constant.
    """

    neuron: SignedLif
    rest: float
    rms: float
    relative: float
    fitted: np.ndarray


def _simulate(ensemble: Ensemble, train: Train, **thermal: Any) -> Trace:
    wave, every = train.waveform(), round(SAMPLE / _STEP)
    run = ensemble.run(wave, round(train.stop / SAMPLE) * SAMPLE, step=_STEP, keep_every=every, **thermal)
    time = run.time.numpy()
    middle = np.diff(time, prepend=-SAMPLE) / 2
    return Trace(time, run.projection.numpy(), np.asarray(wave(time - middle)))


@cache
def simulate_train(device: Device, train: Train = Train()) -> Trace:
    """Macrospin trace of the projection on the pinned layer."""
    return _simulate(Ensemble(device), train)


def _errors(u: np.ndarray, fitted: np.ndarray) -> tuple[float, float]:
    rms = float(np.sqrt(np.mean((fitted - u) ** 2)))
    return rms, rms / float(np.sqrt(np.mean((u - u.mean()) ** 2)))


def evaluate(neuron: SignedLif, simulated: Trace, rest: float = 0.0) -> SignedFit:
    """How far `neuron` is from a trace, without fitting."""
    level = torch.tensor(simulated.current_density[1:])
    u = np.concatenate([simulated.u[:1], rest + trace(neuron, level, SAMPLE, simulated.u[0] - rest).numpy()])
    return SignedFit(neuron, rest, *_errors(simulated.u, u), u)


def fit_linear(simulated: Trace, *, free_rest: bool = False) -> SignedFit:
    """Least-squares τ and gain of the source's equation; `free_rest` also fits where the membrane relaxes to.

    For a given τ the equation is linear in gain and rest, so that only τ is searched for.
    """

    scaled = (simulated.current_density[1:] / 1e12).tolist()

    def solved(log_tau: float) -> tuple[np.ndarray, np.ndarray]:
        decay = math.exp(-SAMPLE / math.exp(log_tau))
        steps = accumulate(scaled, lambda last, level: decay * last + (1 - decay) * level, initial=0.0)
        response = np.fromiter(steps, float)
        start = np.exp(-simulated.time / np.exp(log_tau))
        columns = np.stack([response, 1 - start], 1)[:, : 2 if free_rest else 1]
        constants: Any = np.linalg.lstsq(columns, simulated.u - simulated.u[0] * start, rcond=None)[0]
        return constants, columns @ constants + simulated.u[0] * start

    best: Any = minimize_scalar(
        lambda x: float(np.mean((solved(x)[1] - simulated.u) ** 2)),
        bounds=(np.log(2e-11), np.log(1e-6)),
        method="bounded",
    )
    constants, fitted = solved(float(best.x))
    neuron = SignedLif(float(np.exp(best.x)), float(constants[0]) / 1e12)
    return SignedFit(neuron, float(constants[1]) if free_rest else 0.0, *_errors(simulated.u, fitted), fitted)


def fit_saturating(simulated: Trace, start: SignedLif) -> SignedFit:
    """Least-squares τ and gain of the device's form, with the onset of `start`."""

    def neuron(q: Sequence[float]) -> SignedLif:
        tau, gain = start.tau_s * float(np.exp(q[0])), start.gain * float(np.exp(q[1]))
        return SignedLif(tau, gain, True, start.onset, start.capture)

    best = least_squares(lambda q: evaluate(neuron(q), simulated).fitted - simulated.u, (0.0, 0.0), diff_step=1e-3)
    return evaluate(neuron(best.x), simulated)


def device_neuron(device: Device, train: Train = Train()) -> SignedFit:
    """The fitted saturating neuron of a device with orthogonal axes."""
    return fit_saturating(simulate_train(device, train), analytic(device).neuron())


@dataclass(frozen=True)
class Design:
    """One design's mean trace, the standard deviation over devices, and the source's equation fitted to the mean.

    `fit` relaxes to 0, as the equation has it; `free` may relax to anywhere, which is as kind as a fit can be.
    """

    name: str
    trace: Trace
    spread: np.ndarray
    fit: SignedFit
    free: SignedFit


@cache
def compare_designs(
    device: Device, train: Train = COMPARED, *, temperature_K: float = 300.0, samples: int = 48, seed: int = 1
) -> dict[str, Design]:
    """Both designs under one train, by name; `samples` devices each, started 0.2 rad (the thermal angle) off ±T."""
    columns = {
        "pinned_w": np.repeat([1.0, 0.0], samples),
        "pinned_t": np.repeat([0.0, 1.0], samples),
        "initial_polar": np.repeat([0.2, np.pi - 0.2], samples),
        "initial_azimuth": np.pi / 2,
    }
    generator = torch.Generator().manual_seed(seed)
    run, designs = _simulate(Ensemble(device, columns), train, temperature_K=temperature_K, generator=generator), {}
    for name, u in zip(("orthogonal", "parallel"), np.split(run.u, 2, axis=1), strict=True):
        mean = Trace(run.time, u.mean(1), run.current_density)
        designs[name] = Design(name, mean, u.std(1), fit_linear(mean), fit_linear(mean, free_rest=True))
    return designs
