"""Points of a ratio's distribution simulated in ngspice: whether the circuit's surrogate says the same there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from energy.break_even.effects import at_probabilities
from energy.break_even.problem import Ratio
from energy.break_even.surrogates.fitting import Confirmed, confirm
from energy.break_even.surrogates.surrogate import fitted_circuits, surrogate_of
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress

MOST_POINTS = 1000


@dataclass(frozen=True)
class ConfirmedRatio:
    """The ratio at one point of its distribution, and the device's energy there, simulated at reference.

    Attributes:
        factors: values of all factors.
        ratio: with the surrogate. simulated: with the simulated energy of an operation in its place; None: not
            obtained, for the `cause`.
        predicted_J, simulated_J: energy per operation in the ratio's scope.
    """

    factors: Mapping[str, float]
    ratio: float
    simulated: float | None
    predicted_J: float | None
    simulated_J: float | None
    cause: str | None

    @property
    def deviation(self) -> float | None:
        """Energy by the surrogate over that simulated, less 1."""
        if self.predicted_J is None or self.simulated_J is None:
            return None
        return self.predicted_J / self.simulated_J - 1

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self) | {"deviation": self.deviation}


def confirmed(
    ratio: Ratio,
    circuit: str,
    points: int,
    seed: int,
    *,
    held: Mapping[str, float] | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> tuple[ConfirmedRatio, ...]:
    """Random points of a ratio's distribution, each simulated.

    The simulated energy of an operation moves the whole energy of the device by its factor.

    Args:
        circuit: of the device.
        held: values by factor that do not vary any more (`energy.break_even.changes.Changes.values`).

    Raises:
        InputError: no surrogate of this circuit, or the ratio depends on none of its parameters.
        MissingDependencyError: no ngspice.
    """
    surrogate = surrogate_of(circuit)
    names = [factor.name for factor in ratio.factors if factor.name in surrogate.plan.coordinates]
    if not names:
        text = "the ratio depends on no parameter of the circuit, so there is nothing to confirm"
        raise InputError(text, where="--confirm", found=circuit, allowed=", ".join(fitted_circuits()))
    u = np.random.default_rng([seed, 3]).random((points, len(ratio.factors)))
    columns = at_probabilities(ratio, u)
    values = ratio.values(columns)
    rows = [{name: float(column[i]) for name, column in columns.items()} for i in range(points)]
    fixed = {name: value for name, value in (held or {}).items() if name in surrogate.plan.coordinates}
    places = [{**fixed, **{name: row[name] for name in names}} for row in rows]
    results = confirm(surrogate, places, n_jobs=n_jobs, progress=progress)
    scope = str(ratio.scenario["scope"])
    return tuple(_row(row, float(value), scope, found) for row, value, found in zip(rows, values, results, strict=True))


def _row(factors: Mapping[str, float], ratio: float, scope: str, found: Confirmed) -> ConfirmedRatio:
    predicted, simulated = found.predicted_J.get(scope), found.simulated_J.get(scope)
    moved = None if predicted is None or simulated is None else ratio * predicted / simulated
    cause = found.cause or (None if moved is not None else f"no energy in the {scope} scope")
    return ConfirmedRatio(factors, ratio, moved, predicted, simulated, cause)
