"""What a sizing varies, what it aims at and what it minimises, as texts of the command line and as records."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError

DECADE = 10.0  # a range that is wider is searched on a logarithmic scale
#: Objective to the name of its value.
OBJECTIVES = {"energy": "energy_per_operation_J", "area": "area_um2", "latency": "latency_s"}
MOST_CHOICES = 100


@dataclass(frozen=True)
class Variable:
    """A setting that is varied: a range, or a list of values.

    Attributes:
        low, high: of the range, SI units; ends of the list.
        choices: in ascending order; empty for a range.
    """

    name: str
    low: float
    high: float
    choices: tuple[float, ...] = ()

    @classmethod
    def read(cls, text: str) -> Variable:
        """``NAME=LO:HI`` or ``NAME=A,B,C``. Raises InputError."""
        name, equals, range_ = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputError("not a range", where="--vary", found=text, allowed="NAME=LO:HI or NAME=A,B,C")
        where = f"--vary {name}"
        if ":" not in range_:
            choices = tuple(sorted({_number(part, where) for part in range_.split(",")}))
            if not 2 <= len(choices) <= MOST_CHOICES:
                raise InputError(
                    "not a list", where=where, found=range_, allowed=f"2 … {MOST_CHOICES} different values"
                )
            return cls(name, choices[0], choices[-1], choices)
        low, high = (_number(part, where) for part in range_.split(":", 1))
        if low >= high:
            raise InputError("an empty range", where=where, found=range_, allowed="LO:HI with LO below HI")
        return cls(name, low, high)

    @property
    def logarithmic(self) -> bool:
        """Whether equal ratios are equal steps of the search."""
        return not self.choices and self.low > 0 and self.high >= DECADE * self.low

    def at(self, share: float) -> float:
        """Value at a share 0 … 1 of the range."""
        if self.choices:
            return self.choices[min(len(self.choices) - 1, int(share * len(self.choices)))]
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)

    def holds(self, value: float) -> bool:
        """Whether a value is among those that are searched."""
        return value in self.choices if self.choices else self.low <= value <= self.high

    def text(self) -> str:
        """As `read` takes it."""
        values = ",".join(f"{c!r}" for c in self.choices) if self.choices else f"{self.low!r}:{self.high!r}"
        return f"{self.name}={values}"


def _number(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError("not a number", where=where, found=text, allowed="finite numbers in SI units")
    return value


@dataclass(frozen=True)
class Aim:
    """What a sizing aims at.

    Attributes:
        share: yield that a design must have.
        objectives: of `OBJECTIVES`, to be made small.
        scope: whose energy and area count.
    """

    share: float = 0.999
    objectives: tuple[str, ...] = ("energy", "area")
    scope: str = "circuit"

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InputError("out of range", where="--target yield", found=self.share, allowed="above 0, below 1")
        known = ", ".join(OBJECTIVES)
        if not self.objectives or len(set(self.objectives)) < len(self.objectives):
            raise InputError("each objective once", where="--objective", found=self.objectives, allowed=known)
        for name in self.objectives:
            if name not in OBJECTIVES:
                raise InputError("unknown objective", where="--objective", found=name, allowed=known)

    @staticmethod
    def target(text: str) -> float:
        """Yield of ``yield=0.999``. Raises InputError."""
        name, _, value = text.partition("=")
        if name != "yield" or not value:
            raise InputError("not a target", where="--target", found=text, allowed="yield=SHARE, such as yield=0.999")
        return _number(value, "--target yield")


def sobol_points(variables: Sequence[Variable], count: int, seed: int) -> list[dict[str, float]]:
    """Values that cover the ranges evenly, by name; `count` is a power of two."""
    from scipy.stats import qmc

    make: Any = qmc.Sobol  # `seed` is named `rng` since scipy 1.15
    shares: np.ndarray = make(len(variables), seed=seed).random(count)
    return [{v.name: v.at(float(s)) for v, s in zip(variables, row, strict=True)} for row in shares]


def ends(variables: Sequence[Variable]) -> list[Mapping[str, float]]:
    """Each variable's two ends alone, for a check before anything is simulated."""
    return [{v.name: end} for v in variables for end in (v.low, v.high)]
