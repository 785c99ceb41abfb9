"""Sobol indices of a circuit's energies, margin, latency and yield: copies of their own, at the screening fidelity.

The sensitivity ranking (`sensitivity` beside) costs no simulation and assumes planes; these indices assume
nothing, tell interactions apart (`ipcircuit.reliability.sobol`), and cost n (groups + 2) copies. A circuit with many
deviates is grouped: one group for each instance at its top.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from circuits.conditions import Fidelity
from circuits.testbench import SampledTestbench, Testbench
from energy.driver import WriteDriver
from energy.variation.copies.dimensions import dimensions
from energy.variation.copies.fidelity import at_fidelity, fidelity_of
from energy.variation.copies.outcome import Outcome
from energy.variation.copies.rows import Rows, instance
from energy.variation.copies.run import opened_store, run_copies
from ipcircuit.reliability.sobol import SobolIndices, design, indices, rows_needed
from ipcircuit.spice.jobs import Progress

MOST_SINGLE = 16  # deviates that are each a group
FOLDER = "sobol_indices"  # within that of the results
SAMPLING = "Sobol indices"
YIELD = "yield"


@dataclass(frozen=True)
class Groups:
    """Deviates of a circuit by the names of the groups that they form."""

    names: tuple[str, ...]
    members: Mapping[str, tuple[int, ...]]

    @classmethod
    def of(cls, testbench: Testbench) -> Groups:
        """Each deviate by itself, or by instance where there are more than `MOST_SINGLE`. Raises InputError."""
        names = dimensions(testbench)
        members: dict[str, tuple[int, ...]] = {}
        for place, name in enumerate(names):
            group = name if len(names) <= MOST_SINGLE else instance(name)
            members[group] = (*members.get(group, ()), place)
        return cls(names, members)

    def copies(self, base_rows: int) -> int:
        """Copies that indices from `base_rows` take."""
        return rows_needed(base_rows, len(self.members))


@dataclass(frozen=True)
class CircuitIndices:
    """Sobol indices by quantity, `YIELD` among them; what does not vary, or was hardly ever obtained, is left out."""

    groups: Groups
    base_rows: int
    copies: int
    fidelity: Fidelity
    quantities: Mapping[str, SobolIndices]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary; groups with the largest total index first."""
        return {
            "base_rows": self.base_rows,
            "copies": self.copies,
            "fidelity": self.fidelity.value,
            "groups": {
                group: [self.groups.names[i] for i in members] for group, members in self.groups.members.items()
            },
            "quantities": {name: self._rows(found) for name, found in self.quantities.items()},
        }

    def _rows(self, found: SobolIndices) -> list[dict[str, Any]]:
        names = list(self.groups.members)
        columns = ("first", "first_low", "first_high", "total", "total_low", "total_high")
        return [
            {"group": names[i], **{column: float(getattr(found, column)[i]) for column in columns}}
            for i in np.argsort(-found.total, kind="stable")
        ]


def circuit_indices(
    testbench: Testbench,
    groups: Groups,
    base_rows: int,
    seed: int = 0,
    *,
    driver: WriteDriver | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
    folder: Path | None = None,
) -> CircuitIndices:
    """Simulate what Sobol indices take. The yield's are those of working (1) or not (0).

    Args:
        base_rows: a power of two.
        driver: write driver of the design.
        folder: of the results, see `energy.variation.copies.run.opened_store`; the copies are in a folder within it.

    Raises:
        InputError: another number of base rows; a folder that cannot be used.
    """
    z = design(list(groups.members.values()), len(groups.names), base_rows, seed)
    screening = at_fidelity(testbench, Fidelity.SCREENING)
    assert isinstance(screening, SampledTestbench)  # else it has no deviates
    place = None if folder is None else folder / FOLDER
    with opened_store(testbench, place, seed=seed, sampling=SAMPLING) as store:
        run = partial(run_copies, driver=driver, store=store, n_jobs=n_jobs, decks=False)
        rows = Rows("Sobol indices", seed, groups.names, run, progress, z.shape[0] * z.shape[1])
        columns = _columns(rows.outcomes(screening, z.reshape(-1, z.shape[2])))
    found = {name: indices(values.reshape(z.shape[:2]), seed) for name, values in columns.items()}
    kept = {name: result for name, result in found.items() if result is not None}
    return CircuitIndices(groups, base_rows, z.shape[0] * z.shape[1], fidelity_of(screening), kept)


def _columns(outcomes: Any) -> dict[str, np.ndarray]:
    """Quantities and the yield by copy; NaN where not obtained."""
    copies: list[Outcome] = list(outcomes)
    names = dict.fromkeys(name for copy in copies for name in copy.values)
    columns = {name: np.array([_number(copy.values.get(name)) for copy in copies]) for name in names}
    return {**columns, YIELD: np.array([float(copy.works) if copy.simulated else np.nan for copy in copies])}


def _number(value: float | None) -> float:
    return np.nan if value is None else value
