"""A number with its unit, its allowed range and where it comes from, and how such numbers vary between copies."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Literal, get_args

from ipcircuit.distributions import Distribution, factor, shift
from ipcircuit.errors import InputError
from ipcircuit.ranges import Range
from ipcircuit.sampling.columns import Number

Basis = Literal["measured", "published", "derived", "fitted", "assumed"]
BASES: tuple[Basis, ...] = get_args(Basis)
Reader = Callable[["Parameter"], Any]  # of a formula: what a parameter is, a number or an array of them
RANGE_FIELDS = ("low", "high", "law", "source")  # of `likely` in a file; its limits are those of the parameter


@dataclass(frozen=True)
class Parameter:
    """A named number with its provenance, validated when built.

    Attributes:
        name: as it appears in equations, netlists and tables.
        value: in `unit`.
        unit: SI unit, ``""`` for a pure number.
        description: what it is, in the field's words; empty where the name says it.
        source: paper and place; for an assumption or a fit the reason, as ``"assumed: …"``.
        basis: how the value was obtained.
        minimum, maximum: inclusive range in which the model holds.
        spread: relative standard deviation from sample to sample; None where it is not known.
        likely: values that it might really have (`ipcircuit.ranges.range_of`); None where nothing is said of them.
        label: name in words with its symbol, for figures and tables of people; ``""``: `name` will do.
        common: name of the factor that it has in common with others of its table; ``""``: none. `likely` includes it.

    Raises:
        InputError: a value that is not finite or out of range, an unknown basis, no source, an assumption without a
            reason, or likely values that it cannot have.
    """

    name: str
    value: float
    unit: str
    description: str
    source: str
    basis: Basis
    minimum: float = -math.inf
    maximum: float = math.inf
    spread: float | None = None
    likely: Range | None = None
    common: str = ""
    label: str = ""

    def __post_init__(self) -> None:
        where = f"parameter {self.name!r}"
        if not (math.isfinite(self.value) and self.minimum <= self.value <= self.maximum):
            raise InputError(
                f"parameter {self.name} ({self.description or self.name}) is out of range",
                found=self.value,
                allowed=f"a finite number, {self.minimum:g} … {self.maximum:g} {self.unit}".rstrip(),
            )
        if self.basis not in BASES:
            raise InputError("unknown basis", where=where, found=self.basis, allowed=", ".join(BASES))
        if self.unit == "1":
            raise InputError("the unit of a pure number is the empty text", where=where, found=self.unit)
        if not self.source:
            raise InputError("source is missing", where=where)
        if self.basis in ("assumed", "fitted") and self.source.strip(" :;.") in ("assumed", "fitted"):
            raise InputError(f"a parameter that is {self.basis} needs its reason in `source`", where=where)
        if self.spread is not None and not (math.isfinite(self.spread) and self.spread >= 0):
            raise InputError("spread out of range", where=where, found=self.spread, allowed="0 or more")
        if self.likely is not None:
            try:
                replace(self.likely, minimum=self.minimum, maximum=self.maximum)
            except InputError as error:
                raise InputError(str(error), where=f"{where}: likely") from None

    def with_value(self, value: float, *, source: str = "set by the user", basis: Basis = "assumed") -> Parameter:
        """The same parameter with another value; the source says that it was changed."""
        return replace(self, value=float(value), source=source, basis=basis)


def stated(parameter: Parameter) -> float:
    """The value of a parameter: the `Reader` of formulas that are evaluated once."""
    return parameter.value


@dataclass(frozen=True)
class Variation:
    """One cause of spread between devices, declared with them.

    Attributes:
        name: the cause, in the field's words.
        parameters: what it changes, all by the same factor (`ipcircuit.distributions.factor`), or shift.
        sigma: standard deviation: of the factor's logarithm if log-normal, else of the factor; of the shift in `unit`.
        source: paper and place, or the reason for an assumption.
        basis: how the value was obtained.
        distribution: of the factor or shift.
        die: share of the variance that all devices of a die have in common, 0 … 1.
        short: name in files and options; by default that of the cause.
        unit: of sigma.
        shifts: whether it is added to the parameters rather than multiplied with them.
    """

    name: str
    parameters: tuple[str, ...]
    sigma: float
    source: str
    basis: Basis
    distribution: Distribution = Distribution.LOGNORMAL
    die: float = 0.0
    short: str = ""
    unit: str = "relative"
    shifts: bool = False

    def __post_init__(self) -> None:
        where = f"variation {self.name}"
        if not 0 <= self.sigma < 1:
            raise InputError("spread out of range", where=where, found=self.sigma, allowed="0 … 1")
        if not 0 <= self.die <= 1:
            raise InputError("share of the die out of range", where=where, found=self.die, allowed="0 … 1")
        if self.shifts and self.distribution is Distribution.LOGNORMAL:
            others = ", ".join(d for d in Distribution if d is not Distribution.LOGNORMAL)
            raise InputError("a shift has no such distribution", where=where, found="lognormal", allowed=others)

    @property
    def key(self) -> str:
        """Name in files and options."""
        return self.short or "_".join(self.name.lower().replace("-", " ").split())

    def applied(self, value: float, deviate: Number) -> Number:
        """A parameter's value in a copy, or in many, from its value as designed and standard normal deviates."""
        if self.shifts:
            return value + shift(self.distribution, self.sigma, deviate)
        return factor(self.distribution, self.sigma, deviate) * value


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


def read_parameters(path: Path, **computed: float) -> tuple[Parameter, ...]:
    """Parameter set of a TOML file: one table per parameter, by its name and in order.

    Args:
        path: the file; a table holds the other fields of `Parameter`. What a fit says of them, ``[fit]``, is left to
            `ipcircuit.devices.parameter_file`.
        computed: values by name that the file leaves to its reader.

    Raises:
        InputError: an unreadable file, or an entry that is no parameter.
    """
    from ipcircuit.records import read_toml

    tables = {name: table for name, table in read_toml(path).items() if name != "fit"}
    return parse_parameters(tables, path.name, computed)


def parse_parameters(
    tables: Mapping[str, object], file: str, computed: Mapping[str, float] | None = None
) -> tuple[Parameter, ...]:
    """Parameter set from the tables of a TOML file named `file`; see `read_parameters`, also for errors."""
    from ipcircuit.records import parse

    known, rows = [f.name for f in fields(Parameter)], {}
    for name, table in tables.items():
        if not isinstance(table, dict):
            raise InputError("not a table", where=f"{file}: {name}", found=table, allowed="[name] and its fields")
        for unknown in set(table) - set(known):
            raise InputError("unknown field", where=f"{file}: {name}", found=unknown, allowed=", ".join(known))
        likely = table.get("likely", {})
        for unknown in set(likely) - set(RANGE_FIELDS) if isinstance(likely, dict) else ():
            place, allowed = f"{file}: {name}: likely", ", ".join(RANGE_FIELDS)
            raise InputError("unknown field", where=place, found=unknown, allowed=allowed)
        rows[name] = {"name": name, "value": (computed or {}).get(name), **table}
    try:
        return tuple(parse(dict[str, Parameter], rows, file).values())
    except InputError as error:  # of the parameter itself, which does not know its file
        raise error if file in str(error) else InputError(str(error), where=file) from None
