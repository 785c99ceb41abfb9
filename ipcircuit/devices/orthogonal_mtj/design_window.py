"""Which free layers make a signed neuron: cannot reach, reaches and relaxes, cannot relax (Zheng et al., Fig. 4).

A device gets one pulse of current and is left alone. What counts as reaching and relaxing is not public; the choices
are in `Criteria`. Many dimensions run at once in the vectorised macrospin: maps over two of them with their edges,
yield under variation, and temperature.

Why there is a window: the torque must overcome the anisotropy H_k between L and T (docs/physics/signed_mtj.md), which
is small only near N_L = N_T, so the window is a band about a line in the L-T plane. Within it a torque beyond
α Ms (N_W - N) drives m all the way to the pinned axis, where 1 - m_W² leaves damping nothing to act on: it stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
import torch

from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape, demagnetisation_factors
from ipcircuit.devices.orthogonal_mtj.device import check_dimensions
from ipcircuit.devices.orthogonal_mtj.macrospin import Ensemble, largest_step
from ipcircuit.devices.orthogonal_mtj.zheng2026 import AREA_SHARE, HEIGHT, LENGTH, SHAPE, WIDTH
from ipcircuit.devices.temperature import CURIE
from ipcircuit.errors import InputError
from ipcircuit.statistics import wilson_interval

CURIE_K = CURIE.value
REFERENCE_K = 300.0  # at which Ms is stated
SIDES = ("width", "length", "height")
REPRESENTATIVE: dict[str, float] = {"width": WIDTH, "length": LENGTH, "height": HEIGHT}
#: Default ranges, m: around the representative free layer, small enough for one macrospin.
RANGES: dict[str, tuple[float, float]] = {"width": (5e-9, 20e-9), "length": (30e-9, 60e-9), "height": (30e-9, 70e-9)}
CURRENTS = (1.0e12, 1.5e12, 2.0e12)  # A/m², assumed: from the representative's need to what breaks a 0.6 Ω·µm² barrier
SIGMA_M = 0.5e-9  # assumed: standard deviation of each side
#: Edges that are lines of one cause over the whole map; the others are nearly level.
SLOPING = ("lower", "upper")
_FEWEST = 4  # points of an edge that is fitted
_TURNED = 0.75  # of the threshold: what is reached without turning over stays far below, what falls short just below
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
    device: Device, sizes: Mapping[str, Any], shape: Shape | str = Shape.CYLINDER
) -> dict[str, np.ndarray]:
    """Parameters of free layers of many `sizes` (m, by `SIDES`); each starts along its own easy axis, L or T.

    Warns where a layer is too large for one macrospin.
    """
    width, length, height = np.broadcast_arrays(*(np.asarray(sizes[side], float) for side in SIDES))
    n_w, n_l, n_t = demagnetisation_factors(width, length, height, shape)
    check_dimensions(np.stack([width, length, height]), device.values()["ms"])
    along_l = np.where(n_l < n_t, np.pi / 2, 0.0)
    return {
        "area": AREA_SHARE[Shape(shape)] * width * length,
        "height": height,
        "n_w": n_w,
        "n_l": n_l,
        "n_t": n_t,
        "initial_polar": along_l,
        "initial_azimuth": along_l,
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


@dataclass(frozen=True)
class Plane:
    """Two dimensions, `x` and `y` of `SIDES`, that are swept over `points` each, and one that is held."""

    x: str = "length"
    y: str = "height"
    points: int = 40

    def __post_init__(self) -> None:
        if self.x not in SIDES or self.y not in SIDES or self.x == self.y:
            raise InputError(
                "a plane has two different sides", where="Plane", found=f"{self.x}, {self.y}", allowed=", ".join(SIDES)
            )
        if self.points < 2:
            raise InputError("too few points for a map", where="Plane", found=self.points, allowed="2 or more")

    @property
    def fixed(self) -> str:
        """The side that is held at the representative design's."""
        return next(side for side in SIDES if side not in (self.x, self.y))

    def axis(self, side: str) -> np.ndarray:
        """Values of a swept side, m, shape (points,)."""
        return np.linspace(*RANGES[side], self.points)

    def sizes(self) -> dict[str, np.ndarray]:
        """All three sides over the plane, m, each of shape (points, points): rows are y, columns x."""
        x, y = np.meshgrid(self.axis(self.x), self.axis(self.y))
        return {self.x: x, self.y: y, self.fixed: np.full_like(x, REPRESENTATIVE[self.fixed])}


@dataclass(frozen=True)
class WindowMap:
    """Regimes over a plane; arrays have shape (currents, points of y, points of x)."""

    plane: Plane
    currents: tuple[float, ...]
    criteria: Criteria
    shape: Shape
    response: Response

    @property
    def regime(self) -> np.ndarray:
        return self.response.regime

    def share(self, regime: Regime) -> np.ndarray:
        """Part of the map in a regime, per current."""
        return (self.regime == regime).mean((1, 2))


@cache
def window_map(
    device: Device,
    plane: Plane | None = None,
    currents: tuple[float, ...] = CURRENTS,
    criteria: Criteria | None = None,
    shape: Shape | str = SHAPE,
) -> WindowMap:
    """Classify every free layer of a plane at every current density (A/m²), without thermal agitation."""
    chosen, over = criteria or Criteria(), plane or Plane()
    parameters = pillar_parameters(device, over.sizes(), shape)
    level = np.asarray(currents, float)[:, None, None]
    response = respond(device, {name: value[None] for name, value in parameters.items()}, level, chosen)
    return WindowMap(over, tuple(float(c) for c in currents), chosen, Shape(shape), response)


@dataclass(frozen=True)
class Edge:
    """A straight line y = slope · x + intercept (m) through one edge of the window.

    `kind` is ``"lower"`` or ``"upper"``, beyond which m does not turn over; ``"ceiling"``, above which it does but not
    far enough; or ``"relaxing"``, between what relaxes, above, and what does not, below. `r2` is the share of the
    edge's variance on the line (of a level edge it says nothing), `rms` (m) what is off it.
    """

    kind: str
    current_density: float
    slope: float
    intercept: float
    r2: float
    rms: float
    points: int


def edges(window: WindowMap) -> list[Edge]:
    """Straight lines through the edges that lie inside the map; an edge of fewer than four points is left out.

    An edge is halfway between two neighbouring points of different regimes, one per column of the map.
    """
    x, y = window.plane.axis(window.plane.x), window.plane.axis(window.plane.y)
    middle = (y[1:] + y[:-1]) / 2
    lines: list[Edge] = []
    for regime, reached, current in zip(window.regime, window.response.reached, window.currents, strict=True):
        steps = np.diff((regime != Regime.CANNOT_REACH).astype(int), axis=0)
        short = reached[1:] >= _TURNED * window.criteria.threshold
        frees = (regime[:-1] == Regime.CANNOT_RELAX) & (regime[1:] == Regime.REACHES_AND_RELAXES)
        for kind, crosses, last in (
            ("lower", steps > 0, False),
            ("upper", (steps < 0) & ~short, True),
            ("ceiling", (steps < 0) & short, True),
            ("relaxing", frees, True),
        ):
            columns = np.flatnonzero(crosses.any(0))
            if len(columns) >= _FEWEST:
                rows = [np.flatnonzero(crosses[:, c])[-1 if last else 0] for c in columns]
                lines.append(_line(kind, current, x[columns], middle[rows]))
    return lines


def _line(kind: str, current: float, x: np.ndarray, y: np.ndarray) -> Edge:
    slope, intercept = np.polyfit(x, y, 1)
    off, spread = y - (slope * x + intercept), float(np.var(y))
    r2 = 1 - float(np.mean(off**2)) / spread if spread > 0 else 1.0
    return Edge(kind, current, float(slope), float(intercept), r2, float(np.sqrt(np.mean(off**2))), len(x))


def _varied(sizes: Mapping[str, Any], sigma: float, shape: tuple[int, ...], seed: int) -> dict[str, np.ndarray]:
    """Sizes with a normal deviation of every side, independent."""
    generator = np.random.default_rng(seed)
    return {side: sizes[side] + sigma * generator.standard_normal(shape) for side in SIDES}


def yield_map(
    device: Device,
    plane: Plane,
    current_density: float,
    *,
    samples: int = 8,
    seed: int = 1,
    criteria: Criteria | None = None,
    shape: Shape | str = SHAPE,
) -> np.ndarray:
    """Share of working devices where every side varies by `SIGMA_M`; shape (points, points)."""
    sizes = _varied(plane.sizes(), SIGMA_M, (samples, plane.points, plane.points), seed)
    regime = respond(device, pillar_parameters(device, sizes, shape), current_density, criteria).regime
    return (regime == Regime.REACHES_AND_RELAXES).mean(0)


@dataclass(frozen=True)
class PointYield:
    """How many of `samples` devices of one nominal size worked, with the 95 % interval of the share behind it."""

    temperature_K: float
    sigma_m: float
    current_density: float
    working: int
    cannot_reach: int
    cannot_relax: int
    samples: int
    interval: tuple[float, float]


def point_yield(
    device: Device,
    current_density: float,
    *,
    temperature_K: float = 0.0,
    sigma: float = SIGMA_M,
    samples: int = 400,
    seed: int = 1,
    criteria: Criteria | None = None,
    shape: Shape | str = SHAPE,
) -> PointYield:
    """Working devices of the representative size under variation, and agitation at a temperature (0: none)."""
    parameters = pillar_parameters(device, _varied(REPRESENTATIVE, sigma, (samples,), seed), shape)
    response = respond(device, parameters, current_density, criteria, temperature_K=temperature_K, seed=seed)
    reach, working, relax = (int(np.count_nonzero(response.regime == regime)) for regime in Regime)
    interval = wilson_interval(working, samples, 0.95)
    return PointYield(temperature_K, sigma, current_density, working, reach, relax, samples, interval)


def temperature_map(
    device: Device,
    plane: Plane,
    current_density: float,
    temperature_K: float,
    *,
    seed: int = 1,
    criteria: Criteria | None = None,
    shape: Shape | str = SHAPE,
) -> np.ndarray:
    """Regimes over a plane with thermal agitation and Ms(T), one random history per point; shape (points, points)."""
    parameters = pillar_parameters(device, plane.sizes(), shape)
    return respond(device, parameters, current_density, criteria, temperature_K=temperature_K, seed=seed).regime
