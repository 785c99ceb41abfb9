"""What a sizing varies, what it aims at and what it minimises, as texts of the command line and as records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.units import finite, is_word

DECADE = 10.0  # a range that is wider is searched on a logarithmic scale
#: Objective to the name of its value.
OBJECTIVES = {"energy": "energy_per_operation_J", "area": "area_um2", "latency": "latency_s"}
MOST_CHOICES = 100


@dataclass(frozen=True)
class Variable:
    """A setting that is varied: a range, or a list of values.

    Attributes:
        low, high: of the range, SI units; ends of the list; of a list of words its first and last place.
        choices: numbers in ascending order, or words; empty for a range.
    """

    name: str
    low: float
    high: float
    choices: tuple[float, ...] | tuple[str, ...] = ()

    @classmethod
    def read(cls, text: str) -> Variable:
        """``NAME=LO:HI`` or ``NAME=A,B,C``, of numbers or of words. Raises InputError."""
        name, equals, range_ = text.partition("=")
        if not equals or not name.isidentifier():
            raise InputError("not a range", where="--vary", found=text, allowed="NAME=LO:HI or NAME=A,B,C")
        where = f"--vary {name}"
        if ":" not in range_:
            return cls._listed(name, range_, where)
        low, high = (finite(part, where) for part in range_.split(":", 1))
        if low >= high:
            raise InputError("an empty range", where=where, found=range_, allowed="LO:HI with LO below HI")
        return cls(name, low, high)

    @classmethod
    def _listed(cls, name: str, list_: str, where: str) -> Variable:
        parts = list_.split(",")
        words = tuple(dict.fromkeys(parts)) if all(is_word(part) for part in parts) else ()
        numbers = [] if words else sorted({finite(part, where) for part in parts})
        if not 2 <= len(words or numbers) <= MOST_CHOICES:
            raise InputError("not a list", where=where, found=list_, allowed=f"2 … {MOST_CHOICES} different values")
        if words:
            return cls(name, 0.0, float(len(words) - 1), words)
        return cls(name, numbers[0], numbers[-1], tuple(numbers))

    @property
    def logarithmic(self) -> bool:
        """Whether equal ratios are equal steps of the search."""
        return not self.choices and self.low > 0 and self.high >= DECADE * self.low

    @property
    def ends(self) -> tuple[float, ...] | tuple[str, ...]:
        """What is checked before anything is simulated: the ends of a range or list, all words."""
        words = tuple(choice for choice in self.choices if isinstance(choice, str))
        return words or (self.low, self.high)

    def at(self, share: float) -> float | str:
        """Value at a share 0 … 1 of the range."""
        if self.choices:
            return self.choices[min(len(self.choices) - 1, int(share * len(self.choices)))]
        if self.logarithmic:
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)

    def holds(self, value: float | str) -> bool:
        """Whether a value is among those that are searched."""
        if self.choices:
            return value in self.choices
        return not isinstance(value, str) and self.low <= value <= self.high

    def text(self) -> str:
        """As `read` takes it."""
        values = ",".join(str(c) for c in self.choices) if self.choices else f"{self.low!r}:{self.high!r}"
        return f"{self.name}={values}"


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
        return finite(value, "--target yield")


def sobol_points(variables: Sequence[Variable], count: int, seed: int) -> list[dict[str, float | str]]:
    """Values that cover the ranges evenly, by name; `count` is a power of two."""
    from scipy.stats import qmc

    make: Any = qmc.Sobol  # `seed` is named `rng` since scipy 1.15
    shares: np.ndarray = make(len(variables), seed=seed).random(count)
    return [{v.name: v.at(float(s)) for v, s in zip(variables, row, strict=True)} for row in shares]
