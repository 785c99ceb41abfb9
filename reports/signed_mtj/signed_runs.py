"""Simulations of the orthogonal junction that figures, tables, findings and claims share; each is done once."""

from __future__ import annotations

from functools import cached_property

from ipcircuit.compact.signed_mtj.analytic import SignedAnalytic, analytic
from ipcircuit.compact.signed_mtj.compare import Design, compare_designs
from ipcircuit.compact.signed_mtj.fit import SignedFit, Trace, evaluate, fit_linear, fit_saturating, simulate_train
from ipcircuit.devices.orthogonal_mtj.design_window import Regime
from ipcircuit.devices.orthogonal_mtj.design_window_map import (
    REPRESENTATIVE,
    SIDES,
    SLOPING,
    Edge,
    Plane,
    WindowMap,
    edges,
    window_map,
)
from ipcircuit.devices.orthogonal_mtj.device import declare

POINTS = 16  # per side of the report's map; the full one is a study of its own


class SignedRuns:
    """Lazily simulated, cached.

    Args:
        points: of the window's map, per side.
    """

    def __init__(self, points: int = POINTS) -> None:
        self.device, self._points = declare(), points

    def run_all(self) -> None:
        """Simulate everything now, so that its time is counted in one place."""
        for name in ("trace", "fits", "designs", "window"):
            getattr(self, name)

    @cached_property
    def paper(self) -> SignedAnalytic:
        """Constants on paper."""
        return analytic(self.device)

    @cached_property
    def trace(self) -> Trace:
        """One device without agitation, under pulses of both signs."""
        return simulate_train(self.device)

    @cached_property
    def fits(self) -> dict[str, SignedFit]:
        """The trace against four neurons: ``paper`` and ``fitted``, linear and (``_device``) saturating."""
        return {
            "paper": evaluate(self.paper.neuron(saturating=False), self.trace),
            "paper_device": evaluate(self.paper.neuron(), self.trace),
            "fitted": fit_linear(self.trace),
            "fitted_device": fit_saturating(self.trace, self.paper.neuron()),
        }

    @cached_property
    def designs(self) -> dict[str, Design]:
        """Orthogonal and parallel at 300 K."""
        return compare_designs(self.device)

    @cached_property
    def window(self) -> WindowMap:
        """Regimes over length and height at three currents."""
        return window_map(self.device, Plane(points=self._points))

    @cached_property
    def edges(self) -> list[Edge]:
        """The window's edges as straight lines."""
        return edges(self.window)

    def measure(self) -> dict[str, float]:
        """Numbers for the claims, by name."""
        p, fitted = self.device.values(), self.fits["fitted"]
        straight = [edge for edge in self.edges if edge.kind in SLOPING]
        plane = self.window.plane
        near = [int(abs(plane.axis(side) - REPRESENTATIVE[side]).argmin()) for side in (plane.y, plane.x)]
        return {
            **{f"{side}_m": REPRESENTATIVE[side] for side in SIDES},
            **{name: p[name] for name in ("n_w", "n_l", "n_t", "pinned_w", "pinned_l", "pinned_t")},
            "tau_paper_s": self.paper.tau_s,
            "tau_fitted_s": fitted.neuron.tau_s,
            "gain_paper": self.paper.gain,
            "gain_fitted": fitted.neuron.gain,
            "relative_error": fitted.relative,
            "relative_error_paper": self.fits["paper"].relative,
            "highest": float(self.trace.u.max()),
            "lowest": float(self.trace.u.min()),
            "orthogonal": self.designs["orthogonal"].fit.relative,
            "parallel": self.designs["parallel"].fit.relative,
            "orthogonal_free": self.designs["orthogonal"].free.relative,
            "parallel_free": self.designs["parallel"].free.relative,
            **{f"regime_{r.name.lower()}": float(self.window.share(r).max()) for r in Regime},
            "representative": float(self.window.regime[0][near[0], near[1]] == Regime.REACHES_AND_RELAXES),
            "edge_r2": min((edge.r2 for edge in straight), default=0.0),
            "edge_rms_m": max((edge.rms for edge in straight), default=0.0),
            "edge_lines": float(len(straight)),
        }
