"""A user's own values and ranges of factors, in place of those that are stated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from energy.break_even.problem import Columns, Cost, Factor, Ratio
from ipcircuit.errors import InputError

BY_USER = "set by the user"


@dataclass(frozen=True)
class Changes:
    """Values and ranges by factor; a factor with a value is held fixed.

    Names may be written with underscores, in any case, and as a part that only one factor has.
    """

    values: Mapping[str, float] = field(default_factory=dict)
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)

    def resolved(self, ratio: Ratio) -> Changes:
        """The same with the factors' full names.

        Raises:
            InputError: no such factor, one named twice, or a value or range that it cannot have.
        """
        values, ranges = dict[str, float](), dict[str, tuple[float, float]]()
        for option, given, kept in (("--set", self.values, values), ("--range", self.ranges, ranges)):
            for name, value in given.items():
                factor = factor_named(ratio, name, option)
                if factor.name in values or factor.name in ranges:
                    raise InputError("given twice", where=f"{option} {name}", found=factor.name)
                kept[factor.name] = value  # pyright: ignore[reportArgumentType]
        changes = Changes(values, ranges)
        changes.applied(ratio)
        return changes

    def applied(self, ratio: Ratio) -> Ratio:
        """The ratio with these values and ranges; factors that it does not have are left out of account."""
        if not self.values and not self.ranges:
            return ratio
        return replace(ratio, device=self._changed(ratio.device), other=self._changed(ratio.other))

    def _changed(self, cost: Cost) -> Cost:
        mine = {factor.name: factor for factor in cost.factors}
        values = {n: _possible(mine[n], value) for n, value in self.values.items() if n in mine}
        own = {n: common for n, common in cost.shared.items() if n in values or n in self.ranges}  # the user's alone
        unused = set(own.values()) - {common for n, common in cost.shared.items() if n not in own}
        factors = tuple(self._factor(f) for f in cost.factors if f.name not in values and f.name not in unused)

        def energy_J(columns: Columns) -> object:
            given = {**dict.fromkeys(unused, 1.0), **columns, **values}
            return cost.energy_J({**given, **{name: given[name] / given[common] for name, common in own.items()}})

        stated = {name: f"{BY_USER}: {value:g} {mine[name].unit}".rstrip() for name, value in values.items()}
        return replace(cost, factors=factors, energy_J=energy_J, fixed={**cost.fixed, **stated})

    def _factor(self, factor: Factor) -> Factor:
        if factor.name not in self.ranges:
            return factor
        try:
            within = factor.range.between(*self.ranges[factor.name])
        except InputError as error:
            raise InputError(str(error), where=f"--range {factor.name}") from None
        inside = within.low <= factor.nominal <= within.high
        return replace(factor, range=within, nominal=factor.nominal if inside else within.middle)


def _possible(factor: Factor, value: float) -> float:
    low, high = factor.range.minimum, factor.range.maximum
    if not (math.isfinite(value) and low <= value <= high):
        allowed = f"{low:g} … {high:g} {factor.unit}".rstrip()
        raise InputError("not possible", where=f"--set {factor.name}", found=value, allowed=allowed)
    return value


def factor_named(ratio: Ratio, name: str, where: str) -> Factor:
    """The factor of a name, or of a part that no other has. Raises InputError: none, or several."""
    wanted = _plain(name)
    names = {factor.name: _plain(factor.name) for factor in ratio.factors}
    fitting = [n for n, plain in names.items() if plain == wanted] or [
        n for n, plain in names.items() if wanted and wanted in plain
    ]
    if len(fitting) != 1:
        text = "no factor of this name varies" if not fitting else "several factors have this in their names"
        raise InputError(text, where=where, found=name, allowed=", ".join(fitting or names))
    return next(factor for factor in ratio.factors if factor.name == fitting[0])


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
