"""Orthogonal and parallel design beside each other: mean over devices at a temperature.

The parallel design needs agitation: exactly along its axis no torque acts on it. So both are simulated with the thermal
field, in one run, and what is fitted is the mean projection of many devices.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch

from ipcircuit.compact.signed_mtj.fit import SAMPLE, SignedFit, Trace, Train, fit_linear
from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble

_STEP = 1e-12
_DESIGNS = {"orthogonal": (1.0, 0.0, 0.2), "parallel": (0.0, 1.0, np.pi - 0.2)}  # pinned W, pinned T, initial angle
#: Twice the current that the orthogonal design needs: below it the parallel one hardly moves within such pulses.
COMPARED = Train((2e12, -2e12), pulses=3, pause=2e-9)


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
        name: np.repeat([values[i] for values in _DESIGNS.values()], samples)
        for i, name in enumerate(("pinned_w", "pinned_t", "initial_polar"))
    }
    ensemble, wave = Ensemble(device, {**columns, "initial_azimuth": np.pi / 2}), train.waveform()
    run = ensemble.run(
        wave,
        round(train.stop / SAMPLE) * SAMPLE,
        step=_STEP,
        keep_every=round(SAMPLE / _STEP),
        temperature_K=temperature_K,
        generator=torch.Generator().manual_seed(seed),
    )
    time = run.time.numpy()
    level = np.asarray(wave(time - np.diff(time, prepend=-SAMPLE) / 2))
    designs = {}
    for name, u in zip(_DESIGNS, run.projection.numpy().reshape(time.size, 2, samples).swapaxes(0, 1), strict=True):
        trace = Trace(time, u.mean(1), level)
        designs[name] = Design(name, trace, u.std(1), fit_linear(trace), fit_linear(trace, free_rest=True))
    return designs
