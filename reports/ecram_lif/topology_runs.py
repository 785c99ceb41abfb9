"""Simulations of the ECRAM synapse before different neurons; each is done once, when first asked for."""

from __future__ import annotations

from functools import cached_property

from circuits.ecram_lif.topologies import (
    TOPOLOGIES,
    CornerPoint,
    Plasticity,
    corner_grid,
    ecram_testbench,
    measure_plasticity,
)

#: For figures and findings.
NAMES = {
    "delay_feedback_lif": "delay feedback",
    "axon_hillock_lif": "axon hillock",
    "differential_pair_lif": "differential pair",
}


class TopologyRuns:
    """Lazily simulated, cached.

    Args:
        n_jobs: simulations at a time.
    """

    def __init__(self, n_jobs: int | None = None) -> None:
        self._n_jobs = n_jobs
        self.testbenches = {name: ecram_testbench(name) for name in TOPOLOGIES}

    def run_all(self) -> None:
        """Simulate everything now, so that its time is counted in one place."""
        for name in ("plasticity", "corners"):
            getattr(self, name)

    @cached_property
    def plasticity(self) -> dict[str, Plasticity]:
        """By topology; `plastic` of each is the run that its cost record needs."""
        found = measure_plasticity(list(self.testbenches.values()), n_jobs=self._n_jobs)
        return {p.name: p for p in found}

    @cached_property
    def corners(self) -> list[CornerPoint]:
        """Corner and temperature grid of the topologies beyond the first (that one is in `ecram_runs`)."""
        return corner_grid([self.testbenches[name] for name in TOPOLOGIES[1:]], n_jobs=self._n_jobs)
