"""Which free layers make a signed neuron: cannot reach, reaches and relaxes, cannot relax (Zheng et al., Fig. 4).

A device gets one pulse of current and is left alone. What counts as reaching and relaxing is not public; the choices
are in `Criteria`. Many dimensions run at once in the vectorised macrospin.

Why there is a window: the torque must overcome the anisotropy H_k between L and T (docs/signed_mtj.md), which is small
only near N_L = N_T, so the window is a band about a line in the L-T plane. Within it a torque beyond
α Ms (N_W - N) drives m all the way to the pinned axis, where 1 - m_W² leaves damping nothing to act on: it stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import torch

from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape, demagnetisation_factors
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble
from ipcircuit.devices.orthogonal_mtj.macrospin_limits import check_dimensions, largest_step
from ipcircuit.devices.orthogonal_mtj.zheng2026 import AREA_SHARE
from ipcircuit.errors import InputError

CURIE_K = 1300.0  # assumed: CoFeB, extrapolated from thin films
REFERENCE_K = 300.0  # at which Ms is stated
_LARGEST_STEP = 1e-12
_SAMPLE = 10  # steps between kept points


class Regime(IntEnum):
    """What a device does under a pulse."""

    CANNOT_REACH = 0
    REACHES_AND_RELAXES = 1
    CANNOT_RELAX = 2


@dataclass(frozen=True)
class Criteria:
    """When a device is a neuron. All assumed.

    Attributes:
        threshold: projection that must be reached during the pulse; three quarters of what the representative design
            settles at under 1e12 A/m².
        pulse_s: length of the pulse, s; five time constants of the representative design.
        relax_s: time left to relax, s; the same.
        relax_level: root mean square of the projection over the last `window_s`, below which it has relaxed.
        window_s: s.
    """

    threshold: float = 0.4
    pulse_s: float = 4e-9
    relax_s: float = 4e-9
    relax_level: float = 0.1
    window_s: float = 0.5e-9

    def __post_init__(self) -> None:
        if not (0 < self.relax_level < self.threshold < 1 and 0 < self.window_s <= self.relax_s and self.pulse_s > 0):
            raise InputError(
                "criteria contradict each other",
                where="Criteria",
                found=f"threshold {self.threshold:g}, relaxed {self.relax_level:g}, window {self.window_s:g} s",
                allowed="0 < relaxed < threshold < 1, 0 < window <= relaxation time",
            )


@dataclass(frozen=True)
class Response:
    """Per device: `reached`, the largest projection during the pulse; `left`, its RMS at the end; `regime` (int)."""

    reached: np.ndarray
    left: np.ndarray
    regime: np.ndarray


def saturation_at(temperature_K: Any, ms: float) -> Any:
    """Ms (A/m) at a temperature by Bloch's law 1 - (T/T_C)^1.5, equal to `ms` at 300 K (T_C assumed)."""
    kelvin = np.asarray(temperature_K, float)
    if not ((kelvin >= 0) & (kelvin < CURIE_K)).all():
        raise InputError(
            "temperature out of range", where="temperature_K", found=float(kelvin.max()), allowed=f"0 … {CURIE_K:g} K"
        )
    return ms * (1 - (kelvin / CURIE_K) ** 1.5) / (1 - (REFERENCE_K / CURIE_K) ** 1.5)


def pillar_parameters(
    device: Device, width: Any, length: Any, height: Any, shape: Shape | str = Shape.CYLINDER
) -> dict[str, Any]:
    """Parameters (arrays) of free layers of many sizes (m, broadcasting); each starts along its own easy axis, L or T.

    Warns where a layer is too large for one macrospin.
    """
    sizes = np.broadcast_arrays(*(np.asarray(s, float) for s in (width, length, height)))
    n_w, n_l, n_t = demagnetisation_factors(sizes[0], sizes[1], sizes[2], shape)
    check_dimensions(np.stack(sizes), device.values()["ms"])
    along_l = n_l < n_t
    return {
        "area": AREA_SHARE[Shape(shape)] * sizes[0] * sizes[1],
        "height": sizes[2],
        "n_w": n_w,
        "n_l": n_l,
        "n_t": n_t,
        "initial_polar": np.where(along_l, np.pi / 2, 0.0),
        "initial_azimuth": np.where(along_l, np.pi / 2, 0.0),
    }


def respond(
    device: Device,
    parameters: Mapping[str, Any],
    current_density: Any,
    criteria: Criteria | None = None,
    *,
    temperature_K: float = 0.0,
    seed: int = 0,
) -> Response:
    """Give every device one pulse and classify it.

    Args:
        parameters: of many devices (`pillar_parameters`).
        current_density: A/m², broadcasts with the parameters.
        temperature_K: of the thermal field and of Ms; 0 is no agitation and Ms as stated.
        seed: of the thermal field.
    """
    chosen, changed = criteria or Criteria(), dict(parameters)
    if temperature_K > 0:
        changed["ms"] = float(saturation_at(temperature_K, device.values()["ms"]))
    ensemble = Ensemble(device, changed)
    batch = np.broadcast_shapes(ensemble.shape, np.shape(current_density))
    level = torch.tensor(np.broadcast_to(np.asarray(current_density, float), batch).copy())
    torque = float(torch.as_tensor(ensemble.torque(level)).abs().max())
    step = min(_LARGEST_STEP, 0.999 * largest_step(ensemble.numbers, torque))
    thermal: dict[str, Any] = {"temperature_K": temperature_K, "generator": torch.Generator().manual_seed(seed)}
    pulse = ensemble.run(lambda t: level, chosen.pulse_s, step=step, keep_every=_SAMPLE, **thermal)
    nothing = torch.zeros_like(level)
    before, tail = chosen.relax_s - chosen.window_s, chosen.window_s
    start = pulse.last
    if before > 0:
        start = ensemble.run(lambda t: nothing, before, step=step, start=start, **thermal).last
    rest = ensemble.run(lambda t: nothing, tail, step=step, start=start, keep_every=_SAMPLE, **thermal)
    reached = (pulse.projection * torch.sign(level)).max(0).values.numpy()
    left = rest.projection.square().mean(0).sqrt().numpy()
    regime = np.where(reached < chosen.threshold, Regime.CANNOT_REACH, Regime.REACHES_AND_RELAXES)
    regime = np.where((reached >= chosen.threshold) & (left > chosen.relax_level), Regime.CANNOT_RELAX, regime)
    return Response(reached, left, regime.astype(int))
