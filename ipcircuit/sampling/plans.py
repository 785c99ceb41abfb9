"""How a number of copies fill the space of their deviates: plain random, Latin hypercube, Sobol sequence.

*Plain*: independent draws. *Latin hypercube* (McKay, Beckman and Conover, Technometrics 21, 239, 1979): each of n
strata of equal probability holds one copy, for every deviate. *Sobol* (Sobol', 1967; scrambled as in Owen, 1998): a
digital sequence that fills all dimensions evenly at once. The mean of a sum of functions of one deviate each has a
variance that falls as 1/n for plain copies and as 1/n³ for both others; interactions between deviates gain less.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, overload

import numpy as np

from ipcircuit.errors import InputError
from ipcircuit.sampling.sample import PLAIN, Deviates, Sample, places_of

Method = Literal["plain", "lhs", "sobol"]
METHODS: tuple[Method, ...] = get_args(Method)
#: What the sampling is in a sentence, where it is not plain.
NOTES = {
    "lhs": "Latin hypercube: the intervals are those of plain copies, wider than the scatter of these",
    "sobol": "Sobol sequence: the intervals are those of plain copies, wider than the scatter of these",
}
MOST_DIMENSIONS = 21201  # of scipy's direction numbers (Joe and Kuo, 2008)
_BITS = 30  # of a Sobol point: 2^30 points
_NEXT_TO_0 = 2.0**-53


class Plan(Sequence[Sample]):
    """The copies of a seed, each made when it is asked for.

    Attributes:
        method: what decides the copies beside the seed, ``"lhs of 100"``: a folder of results is for one.
        deviates: standard normal, shape (copies, names); None: plain copies, with deviates of their own.
    """

    def __init__(self, method: str, seed: int, copies: int, names: Sequence[str], deviates: np.ndarray | None) -> None:
        self.method = method
        self.seed = seed
        self.copies = copies
        self.names = tuple(name.lower() for name in names)
        self.deviates = deviates
        self._places = places_of(self.names)

    def __len__(self) -> int:
        return self.copies

    @overload
    def __getitem__(self, index: int) -> Sample: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Sample]: ...
    def __getitem__(self, index: int | slice) -> Sample | Sequence[Sample]:
        if isinstance(index, slice):
            numbers = range(self.copies)[index]
            if numbers[:1] == range(1) and numbers.step == 1:  # the first ones, which need not be made yet
                deviates = None if self.deviates is None else self.deviates[: len(numbers)]
                return Plan(self.method, self.seed, len(numbers), self.names, deviates)
            return [self[i] for i in numbers]
        number = range(self.copies)[index]
        if self.deviates is None:
            return Sample(self.seed, number)
        values = tuple(self.deviates[number].tolist())
        return Sample(self.seed, number, self.method, Deviates(self.names, values, self._places))

    def __iter__(self) -> Iterator[Sample]:
        return (self[index] for index in range(self.copies))


def plan(method: str, seed: int, names: Sequence[str], copies: int) -> Plan:
    """Copies 0 … `copies` - 1 of a seed.

    More copies of a plain or a Sobol plan begin with the same; those of a Latin hypercube are others.

    Args:
        method: one of `METHODS`.
        names: of the deviates, from `energy.variation.copies.dimensions`; plain copies need none.

    Raises:
        InputError: an unknown method, no copies, or more deviates than a Sobol sequence has dimensions.
    """
    if method not in METHODS:
        raise InputError("unknown sampling", where="sampling", found=method, allowed=", ".join(METHODS))
    if copies < 1:
        raise InputError("no copies", where="sampling", found=copies, allowed="1, 2, …")
    if method == PLAIN or not names:
        return Plan(PLAIN, seed, copies, (), None)
    if method == "sobol":
        return Plan(method, seed, copies, names, normal(_sobol(seed, len(names), copies)))
    word = f"{method} of {copies}"  # in the labels: those of other numbers are other copies
    return Plan(word, seed, copies, names, normal(_latin_hypercube(seed, len(names), copies)))


def normal(uniform: np.ndarray) -> np.ndarray:
    """Standard normal deviates of numbers in 0 … 1, by the inverse of the distribution function; always finite."""
    from scipy.special import ndtri

    return ndtri(np.clip(uniform, _NEXT_TO_0, 1 - _NEXT_TO_0))


def advice(method: str, copies: int) -> str | None:
    """What would be a better number of copies; None where this one is as good as any."""
    if method != "sobol" or copies & (copies - 1) == 0:
        return None
    below = 1 << (copies.bit_length() - 1)
    return f"a Sobol sequence is balanced at powers of two: {below} or {2 * below} copies rather than {copies}"


def _generator(method: str, seed: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(method.encode())])


def _latin_hypercube(seed: int, dimensions: int, copies: int) -> np.ndarray:
    from scipy.stats import qmc

    make: Any = qmc.LatinHypercube  # `seed` is named `rng` since scipy 1.15
    return make(dimensions, seed=_generator("lhs", seed)).random(copies)


def _sobol(seed: int, dimensions: int, copies: int) -> np.ndarray:
    """The centres of the intervals that scrambled points of `_BITS` bits stand for: none is 0."""
    from scipy.stats import qmc

    if dimensions > MOST_DIMENSIONS:
        raise InputError(
            "more deviates than a Sobol sequence has dimensions",
            where="sampling",
            found=dimensions,
            allowed=f"up to {MOST_DIMENSIONS}; plain or lhs",
        )
    make: Any = qmc.Sobol
    points = make(dimensions, bits=_BITS, seed=_generator("sobol", seed)).random_base2(
        (copies - 1).bit_length()
    )  # a part of it would warn
    return points[:copies] + 2.0 ** -(_BITS + 1)
