"""Residuals of a fit and their Jacobian, for many parameter vectors at once.

A vector u holds the free parameters in units of their `Bounded.scale`. Residuals are in standard deviations. Those of
counted probabilities are signed roots of the binomial deviance, so that least squares is maximum likelihood there too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.fitting.data import DataSet
from ipcircuit.fitting.plan import Plan

_STEP = 1e-5  # of derivatives, in u
_NOT_FINITE = 1e6  # standard deviations, of a prediction that is no number
_SMALLEST_PROBABILITY = 1e-12


@dataclass(frozen=True)
class Problem:
    """A plan with the noise of those data sets that state none: `noise` has a standard deviation, SI, or None each."""

    plan: Plan
    noise: tuple[float | None, ...]

    @classmethod
    def of(cls, plan: Plan) -> Problem:
        """The problem before anything is known of the noise: as large as the data's own spread."""
        return cls(plan, tuple(_spread(item) if _unknown(item) else None for item in plan.data))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(p.name for p in self.plan.free)

    @property
    def size(self) -> int:
        """Number of data."""
        return sum(len(item) for item in self.plan.data)

    @property
    def freedom(self) -> int:
        """Number of data less number of free parameters."""
        return self.size - len(self.names)

    @property
    def estimated(self) -> bool:
        """Whether the noise of any data set comes from the residuals."""
        return any(value is not None for value in self.noise)

    @cached_property
    def scale(self) -> np.ndarray:
        return np.array([p.scale for p in self.plan.free])

    @cached_property
    def start(self) -> np.ndarray:
        return np.array([p.start for p in self.plan.free]) / self.scale

    @cached_property
    def bounds(self) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of u."""
        low, high = ([getattr(p, side) for p in self.plan.free] for side in ("low", "high"))
        return np.array(low) / self.scale, np.array(high) / self.scale

    def values(self, u: np.ndarray) -> dict[str, float]:
        """Free parameters by name, SI, of one vector."""
        return dict(zip(self.names, (u * self.scale).tolist(), strict=True))

    def predictions(self, u: np.ndarray) -> list[np.ndarray]:
        """Predicted values of each data set, SI, of shape (k, n) for vectors of shape (k, p)."""
        free = {name: (u[:, [j]] * self.scale[j]) for j, name in enumerate(self.names)}
        values: Mapping[str, Any] = {**self.plan.device.values(), **free}
        out = []
        with np.errstate(all="ignore"):  # a trial step may overflow: its prediction is then no number
            for item in self.plan.data:
                predicted = item.observable.predict(self.plan.device, values, item.conditions)
                out.append(np.broadcast_to(predicted, (len(u), len(item))))
        return out

    def residuals(self, u: np.ndarray) -> np.ndarray:
        """Residuals in standard deviations, shape (k, N), of vectors of shape (k, p)."""
        parts = [
            np.sqrt(item.weight) * deviations(item, predicted, noise)
            for item, noise, predicted in zip(self.plan.data, self.noise, self.predictions(u), strict=True)
        ]
        all_of_them = np.concatenate(parts, axis=1) if parts else np.empty((len(u), 0))
        return np.where(np.isfinite(all_of_them), all_of_them, _NOT_FINITE)

    def linearised(self, u: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Residuals (k, N) and their Jacobian (k, N, p) at vectors of shape (k, p), by central differences."""
        k, p = u.shape
        low, high = self.bounds
        steps = _STEP * np.maximum(np.abs(u), 1.0)[:, None, :] * np.eye(p)
        above, below = np.minimum(u[:, None, :] + steps, high), np.maximum(u[:, None, :] - steps, low)
        batch = np.concatenate([u[:, None, :], above, below], axis=1)
        r = self.residuals(batch.reshape(k * (2 * p + 1), p)).reshape(k, 2 * p + 1, self.size)
        width = np.einsum("kjj->kj", above) - np.einsum("kjj->kj", below)
        slope = (r[:, 1 : p + 1] - r[:, p + 1 :]) / width[:, :, None]
        return r[:, 0], np.swapaxes(slope, 1, 2)

    def require_finite_start(self) -> None:
        """Raise InputError where the prediction at the start is no number."""
        for item, predicted in zip(self.plan.data, self.predictions(self.start[None]), strict=True):
            wrong = np.flatnonzero(~np.isfinite(predicted[0]))
            if wrong.size:
                at = {name: float(column[wrong[0]]) for name, column in item.conditions.items()}
                raise InputError(
                    f"{item.observable.name} cannot be predicted with the start values",
                    where=f"{item.file}: datum {int(wrong[0]) + 1}",
                    found=", ".join(f"{name} = {value:g}" for name, value in at.items()),
                    allowed="conditions and start values at which it is a number",
                )


def deviations(item: DataSet, predicted: np.ndarray, noise: float | None) -> np.ndarray:
    """Measured less predicted in standard deviations, of the shape of `predicted`."""
    if item.trials is None:
        return (item.value - predicted) / (noise if item.sigma is None else item.sigma)
    p = np.clip(predicted, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
    share, n = item.value, item.trials
    fired = share * np.log(np.where(share > 0, share, 1.0) / p)
    kept = (1 - share) * np.log(np.where(share < 1, 1 - share, 1.0) / (1 - p))
    return np.sign(share - predicted) * np.sqrt(np.maximum(2 * n * (fired + kept), 0.0))


def standard_deviation(item: DataSet, predicted: np.ndarray, noise: float | None) -> np.ndarray:
    """Standard deviation of each datum, SI: stated, binomial at the prediction, or of the residuals."""
    if item.trials is not None:
        p = np.clip(predicted, _SMALLEST_PROBABILITY, 1 - _SMALLEST_PROBABILITY)
        return np.sqrt(p * (1 - p) / item.trials)
    return np.full(len(item), noise) if item.sigma is None else item.sigma


def draw(item: DataSet, predicted: np.ndarray, noise: float | None, generator: np.random.Generator) -> DataSet:
    """The same measurement made again: values around `predicted` (SI, shape (n,)) with the data's noise, or `noise`."""
    if item.trials is None:
        value = predicted + generator.normal(size=len(item)) * standard_deviation(item, predicted, noise)
    else:
        trials = np.rint(item.trials).astype(int)
        value = generator.binomial(trials, np.clip(predicted, 0, 1)) / trials
    return replace(item, value=value)


def holding(plan: Plan, values: Mapping[str, float]) -> Plan:
    """The same fit with some parameters fixed at `values` (SI)."""
    free = tuple(p for p in plan.free if p.name not in values)
    return replace(plan, device=plan.device.with_parameters(**values), free=free)


def with_data(plan: Plan, data: Sequence[DataSet]) -> Plan:
    """The same fit to other data."""
    return replace(plan, data=tuple(data))


def _unknown(item: DataSet) -> bool:
    return item.sigma is None and item.trials is None


def _spread(item: DataSet) -> float:
    return float(np.std(item.value)) or float(np.abs(item.value).max()) or 1.0
