"""Ratio of two energies as a function of the numbers that are not known exactly.

A cost's formula reads each parameter through a function. Read as stated it is the number that `ipcircuit compare`
prints; read from columns it is that for many values at once. What a formula reads is what its ratio can hang on, so
that no list of parameters must be kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from energy.constants import COMMON
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader
from ipcircuit.ranges import Range, range_of

Columns = Mapping[str, Any]  # by name of a factor its values: numbers, or arrays of one shape
NO_RANGE = "no range is known of it"


@dataclass(frozen=True)
class Factor:
    """A number that is not known exactly.

    Attributes:
        name: that of its parameter; factors of one name move together.
        nominal: as stated. range: what it might be. source: of the nominal value.
        label: name in words with its symbol; ``""``: `name` will do.
    """

    name: str
    unit: str
    description: str
    nominal: float
    range: Range
    source: str
    label: str = ""

    @classmethod
    def of(cls, parameter: Parameter) -> Factor | None:
        """The factor of a parameter, without what it has in common with others; None where no range is known of it."""
        within = range_of(parameter)
        if within is None:
            return None
        if (common := common_of(parameter)) is not None and common.likely is not None:
            within = replace(within.without(common.likely), source=f"{within.source}; less `{common.name}`")
        p = parameter
        return cls(p.name, p.unit, p.description, p.value, within, p.source, p.label)


def common_of(parameter: Parameter) -> Parameter | None:
    """The factor that a parameter has in common with others of its table. Raises InputError: an unknown one."""
    if not parameter.common:
        return None
    known = {p.name: p for p in COMMON}
    if parameter.common not in known:
        raise InputError(
            "unknown common factor", where=parameter.name, found=parameter.common, allowed=", ".join(known)
        )
    return known[parameter.common]


@dataclass(frozen=True)
class Axis:
    """A choice of the scenario.

    Attributes:
        values: to show. nominal: of the default scenario. description: in words.
    """

    name: str
    values: tuple[Any, ...]
    nominal: Any
    description: str = ""


@dataclass(frozen=True)
class Cost:
    """Energy of one sample in one system.

    Attributes:
        system: in words. basis: where the number comes from.
        factors: that it depends on.
        energy_J: of values by factor: numbers, or arrays of one shape; all factors are needed.
        fixed: reasons by name of parameter why it is held fixed.
        shared: the factor of a table by name of each parameter that is multiplied with it.
        axes: names of the scenario's choices that it depends on.
        conditions: what else belongs with the number, by name.
    """

    system: str
    basis: str
    factors: tuple[Factor, ...]
    energy_J: Callable[[Columns], Any]
    fixed: Mapping[str, str] = field(default_factory=dict)
    axes: tuple[str, ...] = ()
    conditions: Mapping[str, Any] = field(default_factory=dict)
    shared: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def nominal_J(self) -> float:
        """Energy with every factor as stated."""
        return float(self.energy_J({f.name: f.nominal for f in self.factors}))


def cost(
    system: str,
    basis: str,
    energy_J: Callable[[Reader], Any],
    *,
    axes: Iterable[str] = (),
    fixed: Mapping[str, str] | None = None,
    ranges: Mapping[str, Range] | None = None,
    conditions: Mapping[str, Any] | None = None,
) -> Cost:
    """Cost of a formula that reads its parameters through a function: those with a range are its factors.

    Args:
        energy_J: the formula; it gets what reads a parameter.
        axes, conditions: as of `Cost`. fixed: reasons for what else is held fixed.
        ranges: of parameters by name, in place of their own.
    """
    read, shared = dict[str, Parameter](), dict[str, str]()

    def stated(parameter: Parameter) -> float:
        if parameter.name in read and read[parameter.name].value != parameter.value:
            raise ValueError(f"two parameters are named {parameter.name!r}")
        read[parameter.name] = parameter
        if (common := common_of(parameter)) is not None and parameter.name not in (ranges or {}):
            read[common.name], shared[parameter.name] = common, common.name
        return parameter.value

    energy_J(stated)
    factors, held = list[Factor](), dict(fixed or {})
    for name, parameter in read.items():
        factor = _factor(parameter, (ranges or {}).get(name))
        if factor is None:
            held[name] = NO_RANGE
        else:
            factors.append(factor)
    names = frozenset(f.name for f in factors)

    def energy(columns: Columns) -> Any:
        def value(name: str) -> Any:
            own = columns[name] if name in names else read[name].value
            return own * columns[shared[name]] if name in shared else own

        return energy_J(lambda p: value(p.name))

    return Cost(system, basis, tuple(factors), energy, held, tuple(axes), conditions or {}, shared)


def _factor(parameter: Parameter, within: Range | None) -> Factor | None:
    if within is None:
        return Factor.of(parameter)
    p = parameter
    return Factor(p.name, p.unit, p.description, p.value, within, p.source, p.label)


@dataclass(frozen=True)
class Ratio:
    """Energy of another system over that of the device, for one task: above 1 the device takes less.

    Attributes:
        scenario: the choices by name.
        axes: those that bear on one of the two, with values to show.
        without_effect: choices that differ from the default scenario's and bear on neither energy.

    Raises:
        InputError: the device's energy was not obtained, or factors of one name that are not the same.
    """

    task: str
    device: Cost
    other: Cost
    scenario: Mapping[str, Any]
    axes: tuple[Axis, ...] = ()
    without_effect: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        mine = {f.name: f for f in self.device.factors}
        for factor in self.other.factors:
            if mine.get(factor.name, factor) != factor:
                text = f"{self.device.system} and {self.other.system} have different factors of one name"
                raise InputError(text, where=self.task, found=factor.name)
        for cost in (self.device, self.other):
            if not 0 < cost.nominal_J < np.inf:
                raise InputError(
                    f"no ratio to {self.device.system}: an energy was not obtained",
                    where=cost.system,
                    found=f"{cost.nominal_J:g} J",
                    allowed="an energy above 0",
                )

    @property
    def factors(self) -> tuple[Factor, ...]:
        """Factors of both, once each: one that both share moves both."""
        return tuple({f.name: f for f in (*self.device.factors, *self.other.factors)}.values())

    @property
    def fixed(self) -> dict[str, str]:
        """Reasons by name of what is held fixed in either."""
        return {**self.device.fixed, **self.other.fixed}

    @property
    def nominal(self) -> float:
        """The ratio with every factor as stated."""
        return self.other.nominal_J / self.device.nominal_J

    def values(self, columns: Columns | None = None) -> np.ndarray:
        """Ratios for values of factors.

        Args:
            columns: by name of a factor its values, all of one shape (n,); others are nominal.

        Returns:
            Shape (n,), of numbers (1,).

        Raises:
            InputError: an unknown factor, columns of several lengths, or values for which the device's energy is none.
        """
        given = {name: np.asarray(values, dtype=float) for name, values in (columns or {}).items()}
        known = {f.name: f.nominal for f in self.factors}
        for name in given:
            if name not in known:
                raise InputError("unknown factor", where=self.task, found=name, allowed=", ".join(known))
        try:
            shape = np.broadcast_shapes((1,), *(values.shape for values in given.values()))
        except ValueError:
            found = ", ".join(f"{name}: {values.shape}" for name, values in given.items())
            raise InputError("columns of several lengths", where=self.task, found=found) from None
        filled = {**known, **given}
        device, other = (np.broadcast_to(cost.energy_J(filled), shape) for cost in (self.device, self.other))
        if not np.all((device > 0) & (device < np.inf)):
            text = "no ratio: the device's energy is not above 0 for some values of its factors"
            raise InputError(text, where=self.device.system, found=float(np.min(device)))
        return other / device
