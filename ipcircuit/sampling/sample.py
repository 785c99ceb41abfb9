"""One random copy of a circuit: the deviations of its quantities, the same in any order and any process."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from ipcircuit.spreads import Spreads

PLAIN = "plain"


@dataclass(frozen=True)
class Deviates:
    """Standard normal deviates by name, those of one copy; names are lower case.

    Copies of one plan share `names` and `places`.
    """

    names: tuple[str, ...]
    values: tuple[float, ...]
    places: Mapping[str, int] = field(compare=False, repr=False)

    @classmethod
    def of(cls, deviates: Mapping[str, float]) -> Deviates:
        """Deviates by name, in any case."""
        names = tuple(name.lower() for name in deviates)
        return cls(names, tuple(float(value) for value in deviates.values()), places_of(names))

    def get(self, name: str) -> float | None:
        """The deviate of a name in lower case; None where it is not given."""
        place = self.places.get(name)
        return None if place is None else self.values[place]


def places_of(names: Sequence[str]) -> dict[str, int]:
    """Place of each name. Raises InputError for one that occurs twice."""
    places = {name: place for place, name in enumerate(names)}
    if len(places) != len(names):
        raise InputError("given twice", where="deviates", found=next(n for n in names if names.count(n) > 1))
    return places


@dataclass(frozen=True)
class Sample:
    """Copy number `index` of those of a `seed`.

    The deviate of a quantity depends on its name only, not on the order of the deck or on what else is in it.

    Attributes:
        method: how the copies are drawn (see `ipcircuit.sampling.plans`), or another word for the `given` deviates.
        given: deviates that are not those of plain sampling; all others are.
        spreads: those in place of the declared ones; None: as declared.
        drawn: plain deviates of this copy that were drawn together with those of others (`ipcircuit.sampling.plain`).

    Raises:
        InputError: a negative seed or index.
    """

    seed: int
    index: int
    method: str = PLAIN
    given: Deviates | None = field(default=None, repr=False)
    spreads: Spreads | None = field(default=None, repr=False)
    drawn: Mapping[str, float] | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("seed", "index"):
            if getattr(self, name) < 0:
                raise InputError("must not be negative", where=name, found=getattr(self, name))

    @property
    def die(self) -> int:
        """Die of this copy: one of its own, unless the spreads put several copies on one."""
        return self.index if self.spreads is None else self.index // self.spreads.per_die

    def normal(self, name: str) -> float:
        """Standard normal deviate of the quantity of this name."""
        return self._deviate(name.lower(), self.index)

    def of_die(self, name: str) -> float:
        """Standard normal deviate that all copies of this one's die have in common."""
        return self._deviate(f"die {name.lower()}", self.die)

    def _deviate(self, name: str, index: int) -> float:
        if self.given is not None and (given := self.given.get(name)) is not None:
            return given
        if self.drawn is not None and index == self.index and (drawn := self.drawn.get(name)) is not None:
            return drawn
        key = [self.seed, index, zlib.crc32(name.encode())]
        return float(np.random.default_rng(key).standard_normal())

    def with_deviates(self, deviates: Mapping[str, float] | Deviates, method: str = "given") -> Sample:
        """The same copy with these deviates by name; those that are not among them stay plain.

        Args:
            method: a word for how they were chosen: it is in the label, which keeps results apart.
        """
        given = deviates if isinstance(deviates, Deviates) else Deviates.of(deviates)
        return replace(self, method=method, given=given)

    def label(self) -> str:
        """Short text for messages, results and file names."""
        text = f"sample {self.index} of seed {self.seed}"
        return text if self.method == PLAIN else f"{text}, {self.method}"


@dataclass(frozen=True, eq=False)
class RecordingSample(Sample):
    """A copy as designed, all deviates 0, that keeps the names of those which are asked for.

    It equals itself only, so that nothing made from another one is taken for its own.
    """

    asked: dict[str, None] = field(default_factory=dict, repr=False)

    def _deviate(self, name: str, index: int) -> float:
        self.asked[name] = None
        return 0.0
