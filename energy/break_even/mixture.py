"""A ratio over several scenarios at once: choices of the scenario drawn like factors, every value equally likely.

A choice has no probability; equal shares are a convention, by which its Sobol index can be set beside those of the
factors.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from energy.break_even.choices import At
from energy.break_even.problem import Cost, Factor, Ratio
from ipcircuit.errors import InputError
from ipcircuit.ranges import Range

MOST_SCENARIOS = 2000
EQUAL = "a choice: every value equally likely, by convention"


@dataclass(frozen=True)
class ChoiceFactor:
    """A choice of the scenario as a factor, whose value is the number of the choice: i … i + 1 is `values[i]`.

    Attributes:
        values: in the order of the ratio, the lowest first, all else as stated.
    """

    name: str
    values: tuple[Any, ...]
    chosen: Any
    unit: str = ""
    description: str = "choice of the scenario"
    source: str = EQUAL

    @property
    def nominal(self) -> float:
        return self.values.index(self.chosen) + 0.5

    @property
    def range(self) -> Range:
        return Range(0.0, float(len(self.values)), "uniform", EQUAL, 0.0, float(len(self.values)))

    def places(self, column: np.ndarray) -> np.ndarray:
        """Places in `values`, of numbers of the choice."""
        return np.clip(np.floor(column).astype(int), 0, len(self.values) - 1)


@dataclass(frozen=True)
class Mixture:
    """A ratio whose factors are those of all its scenarios, and the choices between them.

    Attributes:
        base: the ratio with all choices as they are.
        choices: that vary.
        ratios: by places in the values of the choices.
    """

    base: Ratio
    choices: tuple[ChoiceFactor, ...]
    ratios: Mapping[tuple[int, ...], Ratio]

    @property
    def factors(self) -> tuple[ChoiceFactor | Factor, ...]:
        """Choices, and then the factors of any scenario."""
        named = {f.name: f for ratio in (self.base, *self.ratios.values()) for f in ratio.factors}
        return (*self.choices, *named.values())

    @property
    def task(self) -> str:
        return self.base.task

    @property
    def device(self) -> Cost:
        return self.base.device

    @property
    def other(self) -> Cost:
        return self.base.other

    @property
    def scenario(self) -> Mapping[str, Any]:
        return self.base.scenario

    @property
    def fixed(self) -> dict[str, str]:
        """Reasons by name of what is held fixed in some scenario."""
        return {name: reason for ratio in self.ratios.values() for name, reason in ratio.fixed.items()}

    def values(self, columns: Mapping[str, np.ndarray], /) -> np.ndarray:
        """Ratios of rows, each in its scenario; shape (n,).

        Raises:
            InputError: values for which the device's energy is none.
        """
        device, other = (self._energies(name, columns) for name in ("device", "other"))
        if not np.all((device > 0) & (device < np.inf)):
            text = "no ratio: the device's energy is not above 0 for some values of its factors"
            raise InputError(text, where=self.device.system, found=float(np.min(device)))
        return other / device

    def _energies(self, name: str, columns: Mapping[str, np.ndarray]) -> np.ndarray:
        """Energies of one of the two systems, together for all scenarios that do not differ for it."""
        bearing = {axis for ratio in self.ratios.values() for axis in getattr(ratio, name).axes}
        matter = [choice.name in bearing for choice in self.choices]
        places = np.stack([c.places(columns[c.name]) for c in self.choices], axis=-1)
        kinds, first, which = np.unique(places * matter, axis=0, return_index=True, return_inverse=True)
        energies = np.empty(len(places))
        for i in range(len(kinds)):
            rows, cost = which.ravel() == i, getattr(self.ratios[tuple(places[first[i]].tolist())], name)
            energies[rows] = cost.energy_J({f.name: columns[f.name][rows] for f in cost.factors})
        return energies


def mixture(base: Ratio, axes: Sequence[str], at: At) -> Mixture:
    """The ratio over all combinations of the values of some axes; values that have no ratio are left out.

    Args:
        at: builds the ratio with other choices.

    Raises:
        InputError: an axis that does not bear on the ratio, too many combinations, or one without a ratio.
    """
    known = {axis.name: axis for axis in base.axes}
    for name in axes:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise InputError("this choice does not bear on the ratio", where="--over", found=name, allowed=allowed)
    choices = [ChoiceFactor(n, _ordered(n, known[n].values, at), base.scenario[n]) for n in dict.fromkeys(axes)]
    choices = [choice for choice in choices if len(choice.values) > 1]
    if not choices:
        raise InputError("only one value of the choices has a ratio", where="--over", found=", ".join(axes))
    if (number := math.prod(len(choice.values) for choice in choices)) > MOST_SCENARIOS:
        raise InputError("too many scenarios", where="--over", found=number, allowed=f"up to {MOST_SCENARIOS}")
    ratios: dict[tuple[int, ...], Any] = {}
    for key in itertools.product(*(range(len(choice.values)) for choice in choices)):
        ratios[key] = at(**{c.name: c.values[i] for c, i in zip(choices, key, strict=True)})
    _check_alike(base, ratios.values())
    return Mixture(base, tuple(choices), ratios)


def _check_alike(base: Ratio, others: Iterable[Ratio]) -> None:
    """Raise InputError where a factor is not the same in all scenarios."""
    known = {factor.name: factor for factor in base.factors}
    for factor in (factor for ratio in others for factor in ratio.factors):
        if known.setdefault(factor.name, factor) != factor:
            raise InputError("a factor of one name differs between scenarios", where="--over", found=factor.name)


def _ordered(name: str, values: Sequence[Any], at: At) -> tuple[Any, ...]:
    """Values that have a ratio, the lowest first."""
    rated: list[tuple[float, int]] = []
    for i, value in enumerate(values):
        try:
            rated.append((at(**{name: value}).nominal, i))
        except InputError:
            continue
    return tuple(values[i] for _, i in sorted(rated))
