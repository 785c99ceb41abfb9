"""What moves a circuit's energy, margin, latency and yield, from its random copies: no further simulation.

Shares of the variance by deviate (`ipcircuit.reliability.shares`): energies and latency over the copies that work, the
margin over all that have one. The yield's shares are those of the spread in the probability of failing: from planes
fitted to the margin, or, where a circuit states none or planes do not describe it, from which copies fail.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuits.testbench import Testbench
from energy.cost import SCOPES
from energy.variation.copies.dimensions import dimensions, spread_sample
from energy.variation.copies.rows import deviates_of, instance
from energy.variation.montecarlo.table import Copies
from ipcircuit.errors import InputError
from ipcircuit.reliability.planes import MOST_PLANES
from ipcircuit.reliability.shares import Shares, least_rows, limit_shares, spread_effects, variance_shares

MARGIN, YIELD = "margin_V", "yield"
QUANTITIES = (*(f"{scope}_energy_per_operation_J" for scope in SCOPES), MARGIN, "latency_s")
OF_VARIANCE = "share of the variance"
OF_MARGIN = "share of the spread in the probability of failing, from planes fitted to the margin"
OF_FAILING = "share of the spread in the probability of failing, from which copies fail"
_DESCRIBED = 0.8  # of the margin's variance, for shares from its planes


@dataclass(frozen=True)
class Sensitivity:
    """Shares by quantity and deviate.

    Attributes:
        names: of the deviates.
        quantities: by name with unit, `YIELD` for the yield; what does not vary is left out.
        methods: what the shares are of, by quantity.
    """

    names: tuple[str, ...]
    quantities: Mapping[str, Shares]
    methods: Mapping[str, str]
    copies: int

    def ranked(self) -> list[str]:
        """Deviates by their largest share in any quantity, the largest first."""
        largest = np.max([shares.shares for shares in self.quantities.values()], axis=0, initial=0.0)
        return [self.names[i] for i in np.argsort(-np.broadcast_to(largest, len(self.names)), kind="stable")]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {
            "copies": self.copies,
            "deviates": list(self.names),
            "ranking": self.ranked(),
            "quantities": {
                name: shares_record(self.names, shares, self.methods[name]) for name, shares in self.quantities.items()
            },
        }


def sensitivity(
    names: Sequence[str], z: np.ndarray, columns: Mapping[str, np.ndarray], works: np.ndarray
) -> Sensitivity:
    """Ranking of the deviates.

    Args:
        names: of the deviates.
        z: deviates of the copies of which anything is known, shape (n, names).
        columns: quantities by name with unit, (n,), NaN where not obtained.
        works: which copies work, (n,).

    Raises:
        InputError: fewer copies than it takes to tell, with their number.
    """
    least = least_rows(len(names))
    if len(z) < least:
        raise _too_few(len(z), len(names))
    found: dict[str, Shares] = {}
    methods: dict[str, str] = {}
    for name, values in columns.items():
        counted = np.isfinite(values) & (works | (name == MARGIN))
        if int(counted.sum()) < least:
            continue
        planes = MOST_PLANES if name == MARGIN else 1
        if (shares := variance_shares(z[counted], values[counted], most_planes=planes)) is not None:
            found[name], methods[name] = shares, OF_VARIANCE
    if (of_yield := _of_yield(z, columns.get(MARGIN), works)) is not None:
        found[YIELD], methods[YIELD] = of_yield
    return Sensitivity(tuple(names), found, methods, len(z))


def check_copies(testbench: Testbench, runs: int) -> None:
    """Raise InputError for fewer copies than it takes to tell what moves a result, before they are simulated."""
    deviates = len(dimensions(testbench))
    if runs < least_rows(deviates):
        raise _too_few(runs, deviates)


def of_copies(testbench: Testbench, copies: Copies) -> Sensitivity:
    """Ranking from random copies of a testbench.

    Raises:
        InputError: as `sensitivity`.
    """
    names, known = dimensions(testbench), copies.simulated
    samples = [spread_sample(testbench, sample) for sample, counts in zip(copies.samples, known, strict=True) if counts]
    columns = {name: copies.column(name)[known] for name in QUANTITIES if name in copies.names}
    return sensitivity(names, deviates_of(samples, names), columns, copies.works[known])


def _too_few(copies: int, deviates: int) -> InputError:
    allowed = f"{least_rows(deviates)} or more for the {deviates} deviates of this circuit"
    return InputError("too few copies to tell what moves a result", where="sensitivity", found=copies, allowed=allowed)


def _of_yield(z: np.ndarray, margins: np.ndarray | None, works: np.ndarray) -> tuple[Shares, str] | None:
    if margins is not None and int((counted := np.isfinite(margins)).sum()) >= least_rows(z.shape[1]):
        shares = limit_shares(z[counted], margins[counted])
        if shares is not None and (shares.explained or 0) >= _DESCRIBED:
            return shares, OF_MARGIN
    shares = spread_effects(z, ~works)
    return None if shares is None else (shares, OF_FAILING)


def shares_record(names: Sequence[str], shares: Shares, method: str) -> dict[str, Any]:
    """Shares by deviate and summed by instance, the largest first."""
    groups: dict[str, float] = {}
    for name, share in zip(names, shares.shares, strict=True):
        groups[instance(name)] = groups.get(instance(name), 0.0) + float(share)
    return {
        "method": method,
        "explained": shares.explained,
        "shares": shares.to_json(names),
        "instances": dict(sorted(groups.items(), key=lambda item: -item[1])),
    }
