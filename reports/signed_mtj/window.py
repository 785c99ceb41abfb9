"""Design window at full size (``ipcircuit study window``): maps, edges, yield under variation, 250 to 400 K."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ipcircuit.devices.orthogonal_mtj.demagnetisation import Shape
from ipcircuit.devices.orthogonal_mtj.design_window import (
    CURRENTS,
    SIDES,
    Edge,
    Plane,
    PointYield,
    Regime,
    WindowMap,
    edges,
    point_yield,
    temperature_map,
    window_map,
    yield_map,
)
from ipcircuit.devices.orthogonal_mtj.device import declare, largest_ra
from ipcircuit.devices.orthogonal_mtj.zheng2026 import SHAPE
from ipcircuit.kept import kept
from ipcircuit.spice.jobs import Progress
from reports.figures.plot import Plot
from reports.signed_mtj.figures import draw_maps, draw_temperatures, draw_yield
from reports.study import write_study

TEMPERATURES = (250.0, 300.0, 350.0, 400.0)  # K


@dataclass(frozen=True)
class WindowStudy:
    """Result of the experiment.

    Attributes:
        window: regimes over the plane at every current.
        edges: lines through its edges.
        shares: working share under variation over the plane, at the first current; (points, points).
        hot: regimes over the plane at the first current, by temperature (K).
        yields: of the representative size, under variation, by current and temperature.
    """

    window: WindowMap
    edges: list[Edge]
    shares: np.ndarray
    hot: dict[float, np.ndarray]
    yields: list[PointYield]

    def to_json(self) -> dict[str, object]:
        """Edges, yields, criteria and what the currents need, as plain values."""
        device, plane = declare(), self.window.plane
        return {
            "plane": {"x": plane.x, "y": plane.y, "fixed": plane.fixed, "points": plane.points},
            "shape": self.window.shape.value,
            "criteria": asdict(self.window.criteria),
            "largest_ra_ohm_m2": {f"{c:g}": largest_ra(device, c) for c in self.window.currents},
            "shares": {r.name.lower(): self.window.share(r).tolist() for r in Regime},
            "edges": [asdict(edge) for edge in self.edges],
            "yields": [asdict(row) for row in self.yields],
        }

    def frame(self) -> pd.DataFrame:
        """One row per point and current: the sides (m), what was reached and left, and the regime."""
        sizes, response = self.window.plane.sizes(), self.window.response
        parts = [
            pd.DataFrame(
                {
                    "current_density_A_per_m2": current,
                    **{f"{side}_m": sizes[side].ravel() for side in SIDES},
                    "reached": response.reached[i].ravel(),
                    "left": response.left[i].ravel(),
                    "regime": [Regime(r).name.lower() for r in response.regime[i].ravel()],
                }
            )
            for i, current in enumerate(self.window.currents)
        ]
        return pd.concat(parts, ignore_index=True)


def run_window_study(
    *,
    plane: Plane | None = None,
    currents: Sequence[float] = CURRENTS,
    shape: Shape | str = SHAPE,
    samples: int = 6,
    devices: int = 200,
    temperatures: Sequence[float] = TEMPERATURES,
    seed: int = 1,
    progress: Progress | None = None,
) -> WindowStudy:
    """Simulate map, yields and temperatures; each part comes from the cache where it is held (see `ipcircuit.kept`).

    Args:
        plane: the two sides that are swept.
        currents: A/m²; yield map and temperatures are at the first.
        samples: devices per point of the yield map.
        devices: per yield of the representative size.
        temperatures: K.
        seed: of variation and agitation.
        progress: called with (done, total) parts.
    """
    device, over, first = declare(), plane or Plane(), currents[0]
    # 0.8 of the first current shows the low side, where agitation helps a device over its barrier
    points = [(c, 0.0) for c in (0.8 * first, *currents)] + [(c, t) for c in (0.8 * first, first) for t in temperatures]
    done, total = itertools.count(1), 2 + len(temperatures) + len(points)

    def part(work: Callable[..., Any], **options: Any) -> Any:
        name = f"signed_mtj {work.__name__}"
        result = kept(name, lambda: work(device, **options, shape=shape), sorted(options.items()), shape)
        if progress is not None:
            progress(next(done), total)
        return result

    window = part(window_map, plane=over, currents=tuple(currents))
    return WindowStudy(
        window,
        edges(window),
        part(yield_map, plane=over, current_density=first, samples=samples, seed=seed),
        {t: part(temperature_map, plane=over, current_density=first, temperature_K=t, seed=seed) for t in temperatures},
        [part(point_yield, current_density=c, temperature_K=t, samples=devices, seed=seed) for c, t in points],
    )


def write_window_study(output: Path | str, study: WindowStudy) -> Path:
    """Table, numbers and figures into a folder (see `write_study`); returns it."""
    texts = {"window.csv": study.frame().to_csv(index=False), "window.json": study.to_json()}
    write_study(output, texts, (), lambda: _plots(study))
    return Path(output)


def _plots(study: WindowStudy) -> list[Plot]:
    """Map, yield and temperature."""
    window = study.window
    maps, shares = draw_maps(window, study.edges), draw_yield(window, study.shares, study.yields)
    return [maps, shares, draw_temperatures(window, study.hot)]
