"""A circuit over a grid of settings as one table."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipcircuit.api.circuit import LoadedCircuit, loaded
from ipcircuit.api.waiting import Waiting

if TYPE_CHECKING:
    import pandas

    from circuits.testbench import Testbench


def sweep(
    circuit: LoadedCircuit | Testbench | str | Path,
    *,
    copies: int | None = None,
    seed: int = 0,
    density: float | None = None,
    n_jobs: int | None = None,
    progress: Waiting = None,
    **settings: Any,
) -> pandas.DataFrame:
    """Cost of a circuit at every point of a grid of settings.

    ``ipcircuit.sweep("comparator", amplitude=[0.7, 0.8], corner=["tt", "ss"])`` has four rows.

    Args:
        circuit: a name, a file, or what `ipcircuit.load` returned; settings made there hold at every point.
        copies: random copies at each point, a row each; default the circuit as designed.
        seed: of the copies; the same seed gives the same copies, whatever the number of workers.
        density: share of time steps with an operation, for the leakage of idle steps; None: 8.9 % (Liu et al.).
        n_jobs: points at a time; default one per core.
        progress: see `ipcircuit.api.waiting`.
        settings: lists of values, or one value for all points: of anything that `LoadedCircuit.configured` takes.

    Returns:
        A row for each point, the last setting varying fastest: a column for each setting; energies and areas in three
        scopes (``circuit_energy_per_operation_J``, ``circuit_area_um2`` …); ``latency_s``, ``spikes_per_operation``;
        ``status`` (works, wrong, failed, not simulated), ``cause`` and ``deck`` of a point that does not work. What was
        not obtained is NaN. ``attrs`` has circuit and seed.

    Raises:
        InputError: no values, an unknown setting, or one that no point can have.
        MissingDependencyError: no usable libngspice.
    """
    return loaded(circuit).sweep(
        copies=copies, seed=seed, density=density, n_jobs=n_jobs, progress=progress, **settings
    )
