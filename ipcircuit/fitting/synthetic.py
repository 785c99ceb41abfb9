"""Data drawn from known parameters, and how often the intervals of fits to them hold the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ipcircuit.declaration.device import Device
from ipcircuit.fitting.data import DataSet
from ipcircuit.fitting.model import draw
from ipcircuit.fitting.observable import observables_of
from ipcircuit.fitting.plan import Plan
from ipcircuit.fitting.result import intervals_of

Progress = Callable[[int, int], None]  # (done, total)


def designed(
    device: Device,
    observable: str,
    conditions: Mapping[str, object],
    *,
    sigma: float | None = None,
    relative_sigma: float | None = None,
    trials: int | None = None,
    hides_sigma: bool = False,
) -> tuple[DataSet, float | None]:
    """A measurement to be drawn: what `device` would give without noise; and the noise, where the data hide it.

    Args:
        observable: by name.
        conditions: by name, scalars or arrays of one shape (n,), SI; the others have their defaults.
        sigma, relative_sigma, trials: noise: absolute (SI), a share of the value, or that of counting.
        hides_sigma: the data do not state `sigma`, so that a fit must find it out.
    """
    declared = observables_of(device)[observable]
    columns = np.broadcast_arrays(
        *(np.atleast_1d(np.asarray(conditions.get(q.name, q.default), float)) for q in declared.conditions)
    )
    named = {q.name: np.array(column) for q, column in zip(declared.conditions, columns, strict=True)}
    exact = np.broadcast_to(declared.predict(device, device.values(), named), columns[0].shape)
    error = None if sigma is None else np.full(exact.shape, sigma)
    if relative_sigma is not None:
        error = relative_sigma * np.abs(exact)
    counted = None if trials is None else np.full(exact.shape, float(trials))
    item = DataSet(observable, "", declared, named, np.array(exact), None if hides_sigma else error, counted)
    return item, sigma if hides_sigma else None


@dataclass(frozen=True)
class Coverage:
    """How often intervals held the true value: counts by parameter, of `repetitions` that had an interval of it."""

    held: Mapping[str, int]
    repetitions: Mapping[str, int]

    def share(self, name: str) -> float:
        return self.held[name] / self.repetitions[name]


def coverage(
    plan: Plan, noise: tuple[float | None, ...], repetitions: int, seed: int, progress: Progress | None = None
) -> Coverage:
    """Fit data drawn around those of `plan`, whose values are the exact ones and whose starts are the truth.

    Args:
        noise: standard deviation (SI) of each data set that states none; None for the others.
    """
    generator = np.random.default_rng(seed)
    held, counted = ({p.name: 0 for p in plan.free} for _ in range(2))
    for number in range(repetitions):
        data = tuple(draw(d, d.value, n, generator) for d, n in zip(plan.data, noise, strict=True))
        for name, (low, high) in intervals_of(replace(plan, data=data)).items():
            truth = next(p.start for p in plan.free if p.name == name)
            counted[name] += 1
            held[name] += low <= truth <= high
        if progress:
            progress(number + 1, repetitions)
    return Coverage(held, counted)
