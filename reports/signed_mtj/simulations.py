"""Simulations of the orthogonal junction and its circuit that figures, tables, findings and claims share.

Each is worked out once per process.
"""

from __future__ import annotations

from functools import cache

from circuits.signed_mtj.response import SignedResult
from circuits.signed_mtj.testbench import SignedMtjTestbench
from ipcircuit.compact.signed_mtj.analytic import analytic
from ipcircuit.compact.signed_mtj.fit import (
    Design,
    SignedFit,
    Trace,
    compare_designs,
    evaluate,
    fit_linear,
    fit_saturating,
    simulate_train,
)
from ipcircuit.devices.orthogonal_mtj.design_window import Edge, Plane, WindowMap, edges, window_map
from ipcircuit.devices.orthogonal_mtj.device import declare
from ipcircuit.kept import kept

CIRCUIT = "signed_mtj"
POINTS = Plane().points  # per side of the report's map, the same as of `ipcircuit study window`; they run as one batch


@cache
def trace() -> Trace:
    """One device without agitation, under pulses of both signs."""
    return kept("signed_mtj trace", lambda: simulate_train(declare()))


@cache
def fits() -> dict[str, SignedFit]:
    """The trace against four neurons: ``analytic`` and ``fitted``, linear and (``_device``) saturating."""
    constants = analytic(declare())

    def fit() -> dict[str, SignedFit]:
        return {
            "analytic": evaluate(constants.neuron(saturating=False), trace()),
            "analytic_device": evaluate(constants.neuron(), trace()),
            "fitted": fit_linear(trace()),
            "fitted_device": fit_saturating(trace(), constants.neuron()),
        }

    return kept("signed_mtj fits", fit)


@cache
def designs() -> dict[str, Design]:
    """Orthogonal and parallel at 300 K."""
    return kept("signed_mtj designs", lambda: compare_designs(declare()))


@cache
def window() -> WindowMap:
    """Regimes over length and height at three currents."""
    return kept("signed_mtj window", lambda: window_map(declare(), Plane(points=POINTS)))


@cache
def window_edges() -> list[Edge]:
    """The window's edges as straight lines."""
    return edges(window())


@cache
def operation(jobs: int | None = None) -> SignedResult:
    """The circuit's response to a drive of each sign."""
    testbench = SignedMtjTestbench()
    return testbench.respond([testbench.stimulus], n_jobs=jobs)[0]
