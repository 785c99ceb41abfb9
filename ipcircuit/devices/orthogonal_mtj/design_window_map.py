"""Maps of the design window over two dimensions, its edges, its yield under variation, and its temperature."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape
from ipcircuit.devices.orthogonal_mtj.design_window import Criteria, Regime, Response, pillar_parameters, respond
from ipcircuit.devices.orthogonal_mtj.zheng2026 import HEIGHT, LENGTH, SHAPE, WIDTH
from ipcircuit.errors import InputError
from ipcircuit.statistics import wilson_interval

SIDES = ("width", "length", "height")
REPRESENTATIVE: dict[str, float] = {"width": WIDTH, "length": LENGTH, "height": HEIGHT}
#: Default ranges, m: around the representative free layer, small enough for one macrospin.
RANGES: dict[str, tuple[float, float]] = {"width": (5e-9, 20e-9), "length": (30e-9, 60e-9), "height": (30e-9, 70e-9)}
CURRENTS = (1.0e12, 1.5e12, 2.0e12)  # A/m², assumed: from the representative's need to what breaks a 0.6 Ω·µm² barrier
SIGMA_M = 0.5e-9  # assumed: standard deviation of each side
_FEWEST = 4  # points of an edge that is fitted
_TURNED = 0.75  # of the threshold: what is reached without turning over stays far below, what falls short just below
#: Edges that are lines of one cause over the whole map; the others are nearly level.
SLOPING = ("lower", "upper")


@dataclass(frozen=True)
class Plane:
    """Two dimensions that are swept and one that is held.

    Args:
        x, y: names of the swept sides, of `SIDES`.
        points: per side.
    """

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


def _ordered(sizes: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return sizes["width"], sizes["length"], sizes["height"]


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
    sizes = over.sizes()
    parameters = pillar_parameters(device, *_ordered(sizes), shape=shape)
    level = np.asarray(currents, float)[:, None, None]
    response = respond(device, {name: value[None] for name, value in parameters.items()}, level, chosen)
    return WindowMap(over, tuple(float(c) for c in currents), chosen, Shape(shape), response)


def _line(kind: str, current: float, x: np.ndarray, y: np.ndarray) -> Edge | None:
    if len(x) < _FEWEST:
        return None
    slope, intercept = np.polyfit(x, y, 1)
    off, spread = y - (slope * x + intercept), float(np.var(y))
    r2 = 1 - float(np.mean(off**2)) / spread if spread > 0 else 1.0
    return Edge(kind, current, float(slope), float(intercept), r2, float(np.sqrt(np.mean(off**2))), len(x))


def edges(window: WindowMap) -> list[Edge]:
    """Straight lines through the edges that lie inside the map; an edge of fewer than four points is left out.

    An edge is halfway between two neighbouring points of different regimes, one per column of the map.
    """
    x, y = window.plane.axis(window.plane.x), window.plane.axis(window.plane.y)
    middle = (y[1:] + y[:-1]) / 2
    lines: list[Edge | None] = []
    for regime, reached, current in zip(window.regime, window.response.reached, window.currents, strict=True):
        reaches = (regime != Regime.CANNOT_REACH).astype(int)
        rises, falls = np.diff(reaches, axis=0) > 0, np.diff(reaches, axis=0) < 0
        short = reached[1:] >= _TURNED * window.criteria.threshold
        frees = (regime[:-1] == Regime.CANNOT_RELAX) & (regime[1:] == Regime.REACHES_AND_RELAXES)
        for kind, crosses, last in (
            ("lower", rises, False),
            ("upper", falls & ~short, True),
            ("ceiling", falls & short, True),
            ("relaxing", frees, True),
        ):
            columns = np.flatnonzero(crosses.any(0))
            rows = [np.flatnonzero(crosses[:, c])[-1 if last else 0] for c in columns]
            lines.append(_line(kind, current, x[columns], middle[rows]))
    return [line for line in lines if line is not None]


def yield_map(
    device: Device,
    plane: Plane,
    current_density: float,
    *,
    sigma: float = SIGMA_M,
    samples: int = 8,
    seed: int = 1,
    criteria: Criteria | None = None,
    shape: Shape | str = SHAPE,
) -> np.ndarray:
    """Share of working devices where every side varies by `sigma` (m, normal, independent); shape (points, points)."""
    generator, sizes = np.random.default_rng(seed), plane.sizes()
    drawn = [sizes[side] + sigma * generator.standard_normal((samples, *sizes[side].shape)) for side in SIDES]
    response = respond(
        device, pillar_parameters(device, drawn[0], drawn[1], drawn[2], shape), current_density, criteria
    )
    return (response.regime == Regime.REACHES_AND_RELAXES).mean(0)


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

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


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
    generator = np.random.default_rng(seed)
    drawn = [REPRESENTATIVE[side] + sigma * generator.standard_normal(samples) for side in SIDES]
    response = respond(
        device,
        pillar_parameters(device, drawn[0], drawn[1], drawn[2], shape),
        current_density,
        criteria,
        temperature_K=temperature_K,
        seed=seed,
    )
    counts = [int(np.count_nonzero(response.regime == regime)) for regime in Regime]
    reach, working, relax = counts[Regime.CANNOT_REACH], counts[Regime.REACHES_AND_RELAXES], counts[Regime.CANNOT_RELAX]
    return PointYield(
        temperature_K, sigma, current_density, working, reach, relax, samples, wilson_interval(working, samples, 0.95)
    )


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
    sizes = plane.sizes()
    parameters = pillar_parameters(device, *_ordered(sizes), shape=shape)
    return respond(device, parameters, current_density, criteria, temperature_K=temperature_K, seed=seed).regime
