"""Many copies at once: their deviates in arrays, and arithmetic that takes one number or an array of them.

A column's entries are, to the bit, what the same function makes of each copy alone. numpy's exponential function and
the like are not: their last digit depends on the length of the array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from copy import copy
from typing import Any, TypeVar

import numpy as np

from ipcircuit.sampling.plain import plain_normals
from ipcircuit.sampling.sample import Sample

Number = TypeVar("Number", float, np.ndarray)


class SampleColumns:
    """Several copies with the interface of one `Sample`: each deviate is an array, shape (copies,).

    Args:
        samples: with the same spreads, at least one.
        names: of the deviates that will be asked for, in any case; others are drawn when they are.
    """

    def __init__(self, samples: Sequence[Sample], names: Iterable[str] = ()) -> None:
        self.samples = samples
        self.spreads = samples[0].spreads
        self._seeds = [sample.seed for sample in samples]
        self._indices = [sample.index for sample in samples]
        given = [sample.given for sample in samples if sample.given is not None]
        alike = len(given) == len(samples) and len({each.names for each in given}) == 1
        self._alone = bool(given) and not alike
        self._places = given[0].places if alike else {}
        self._given = np.array([each.values for each in given] if alike else [])
        self._drawn: dict[str, np.ndarray] = {}
        lower = dict.fromkeys(name.lower() for name in names)
        self._draw([name for name in lower if not self._alone and name not in self._places])

    def __len__(self) -> int:
        return len(self.samples)

    def some(self, places: Sequence[int]) -> SampleColumns:
        """Some of them."""
        some = copy(self)
        some.samples = [self.samples[place] for place in places]
        some._seeds, some._indices = ([of[place] for place in places] for of in (self._seeds, self._indices))
        some._given = self._given[[*places]] if self._places else self._given
        some._drawn = {name: column[[*places]] for name, column in self._drawn.items()}
        return some

    def normal(self, name: str) -> np.ndarray:
        """`Sample.normal` of each copy."""
        return self._column(name.lower(), lambda sample: sample.normal(name))

    def of_die(self, name: str) -> np.ndarray:
        """`Sample.of_die` of each copy."""
        if any(sample.die != sample.index for sample in self.samples):
            return np.array([sample.of_die(name) for sample in self.samples])
        return self._column(f"die {name.lower()}", lambda sample: sample.of_die(name))

    def _column(self, name: str, alone: Callable[[Sample], float]) -> np.ndarray:
        if self._alone:
            return np.array([alone(sample) for sample in self.samples])
        if name in self._places:
            return self._given[:, self._places[name]]
        if name not in self._drawn:
            self._draw([name])
        return self._drawn[name]

    def _draw(self, names: Sequence[str]) -> None:
        """Plain deviates of these names."""
        if not names:
            return
        rows = np.empty((len(self), len(names)))
        for seed in set(self._seeds):
            places = [place for place, of in enumerate(self._seeds) if of == seed]
            rows[places] = plain_normals(seed, [self._indices[place] for place in places], names)
        self._drawn |= dict(zip(names, rows.T.copy(), strict=True))


def of_each(function: Callable[[float], float], values: Number) -> Number:
    """A function of one number, of a number or of each in an array."""
    if isinstance(values, np.ndarray):
        return np.array([function(value) for value in values.tolist()])
    return function(values)


def exact_sum(terms: Iterable[Any]) -> Any:
    """`math.fsum` of numbers, or of arrays of one shape element by element."""
    listed = list(terms)
    if not any(isinstance(term, np.ndarray) for term in listed):
        return math.fsum(listed)
    columns = (column.tolist() for column in np.broadcast_arrays(*listed))
    return np.array([math.fsum(row) for row in zip(*columns, strict=True)])
