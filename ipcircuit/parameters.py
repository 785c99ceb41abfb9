"""A number with its unit, its allowed range and where it comes from."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from ipcircuit.errors import InputError

Basis = Literal["measured", "published", "derived", "fitted", "assumed"]


@dataclass(frozen=True)
class Parameter:
    """One named value.

    Attributes:
        name: identifier, as it appears in equations, netlists and tables.
        value: SI float.
        unit: SI unit, "" for a pure number.
        description: what it is, in the field's words.
        source: paper and place, or the reason for an assumption.
        basis: how the value was obtained.
        minimum, maximum: inclusive range in which the model holds.
    """

    name: str
    value: float
    unit: str
    description: str
    source: str
    basis: Basis
    minimum: float = -math.inf
    maximum: float = math.inf

    def __post_init__(self) -> None:
        if not (math.isfinite(self.value) and self.minimum <= self.value <= self.maximum):
            raise InputError(
                f"parameter {self.name} ({self.description}) is out of range",
                found=self.value,
                allowed=f"{self.minimum:g} … {self.maximum:g} {self.unit}".rstrip(),
            )

    def with_value(self, value: float, *, source: str = "set by the user", basis: Basis = "assumed") -> Parameter:
        """The same parameter with another value; the source says that it was changed."""
        return replace(self, value=float(value), source=source, basis=basis)


def override(parameters: Iterable[Parameter], values: Mapping[str, float], *, owner: str) -> tuple[Parameter, ...]:
    """Replace values by name.

    Raises:
        InputError: a name `owner` does not have, or a value out of its range.
    """
    known = tuple(parameters)
    unknown = sorted(set(values) - {parameter.name for parameter in known})
    if unknown:
        raise InputError(
            f"{owner} has no parameter of this name",
            found=unknown[0],
            allowed=", ".join(parameter.name for parameter in known),
        )
    return tuple(p.with_value(values[p.name]) if p.name in values else p for p in known)
