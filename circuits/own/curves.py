"""Curves that a user expects of a circuit, beside those that are simulated."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from circuits.measurement import CurveCheck, Measurement
from circuits.testbench import Testbench
from ipcircuit.errors import InputError
from ipcircuit.spice.jobs import Progress, simulate_all
from ipcircuit.units import split_unit

if TYPE_CHECKING:
    T = TypeVar("T", bound=Testbench)


@dataclass(frozen=True)
class Curve:
    """A quantity against a setting, with what is expected of it.

    Attributes:
        name: for tables.
        setting: name as ``--set`` takes it.
        values: of the setting.
        quantity: a name that `quantities` has, such as ``period_s`` or ``energy_per_spike_J``.
        expected: the quantity by hand, as a function of the testbench at each value; or one number for each.
        tolerance: largest relative error.
    """

    name: str
    setting: str
    values: tuple[float, ...]
    quantity: str
    expected: Callable[[Any], float] | Sequence[float]
    tolerance: float

    def by_hand(self, benches: Sequence[Testbench]) -> np.ndarray:
        """What is expected at each value."""
        if callable(self.expected):
            return np.array([self.expected(bench) for bench in benches])
        if len(self.expected) != len(self.values):
            problem = f"curve {self.name!r}: one expected number for each value"
            raise InputError(problem, where="expected", found=len(self.expected), allowed=f"{len(self.values)}")
        return np.array(self.expected)


def quantities(m: Measurement) -> dict[str, float]:
    """Numbers of a measurement by name with unit, without those that were not obtained."""
    energy, spikes = math.fsum(m.energy_J.values()), m.spikes_per_operation
    found = {
        "period_s": m.period_s,
        "latency_s": m.latency_s,
        "spikes_per_operation": spikes,
        "energy_per_operation_J": energy,
        "energy_per_spike_J": energy / spikes if spikes else None,
        "idle_power_W": m.idle_power_W,
        **m.details,
    }
    return {name: value for name, value in found.items() if value is not None}


def with_settings(testbench: T, values: Mapping[str, float]) -> T:
    """The testbench with other values of its settings, under the same conditions.

    Raises:
        InputError: a name that it does not have, or an impossible value.
    """
    for name, value in values.items():
        group = next((group for group in testbench.settings if name in group.names), None)
        if group is None:
            names = ", ".join(name for group in testbench.settings for name in group.names)
            raise InputError("no setting of this name", where=testbench.name, found=name, allowed=names)
        testbench = group.apply(testbench, {name: value})
    return testbench


def compared(
    testbench: Testbench, curves: Sequence[Curve], *, n_jobs: int | None = None, progress: Progress | None = None
) -> list[CurveCheck]:
    """Each curve as simulated over as expected; NaN where the circuit does not have the quantity."""
    benches = [[with_settings(testbench, {curve.setting: value}) for value in curve.values] for curve in curves]
    jobs = [bench.jobs() for row in benches for bench in row]
    results = iter(simulate_all([job for some in jobs for job in some], n_jobs=n_jobs, progress=progress))
    checks = []
    for curve, row in zip(curves, benches, strict=True):
        measured = [quantities(bench.evaluate([next(results) for _ in bench.jobs()])) for bench in row]
        by_hand = curve.by_hand(row)
        shares, ones = np.array([m.get(curve.quantity, math.nan) for m in measured]) / by_hand, np.ones(len(row))
        name = f"{curve.name}: {curve.quantity} over that by hand"
        unit, x = split_unit(curve.setting)[1], np.array(curve.values)
        error = curve.tolerance
        checks.append(CurveCheck(name, x, unit, shares, ones, unit="1", tolerance=error, scale=by_hand, by_hand=True))
    return checks
