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
_NAMES = {"lhs": "Latin hypercube", "sobol": "Sobol sequence"}
_PLAIN_INTERVALS = "the intervals are those of plain copies, wider than the scatter of these"
SCRAMBLINGS = 8  # independent plans: an odd one out costs little, and each keeps most of its copies
LEAST_OF_EACH = 2  # copies of a plan for intervals from their scatter
MOST_SCRAMBLINGS = 1000
MOST_DIMENSIONS = 21201  # of scipy's direction numbers (Joe and Kuo, 2008)
_BITS = 30  # of a Sobol point: 2^30 points
_NEXT_TO_0 = 2.0**-53


class Plan(Sequence[Sample]):
    """The copies of a seed, each made when it is asked for.

    Attributes:
        method: what decides the copies beside the seed, ``"lhs of 100 in 8"``: a folder of results is for one.
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


def plan(method: str, seed: int, names: Sequence[str], copies: int, scramblings: int = 1) -> Plan:
    """Copies 0 … `copies` - 1 of a seed.

    More copies of a plain or a Sobol plan begin with the same; those of a Latin hypercube are others.

    Args:
        method: one of `METHODS`.
        names: of the deviates, from `energy.variation.copies.dimensions`; plain copies need none.
        scramblings: independent plans that take turns, copy by copy, of which each is balanced by itself: the scatter
            between them says how well their mean is known.

    Raises:
        InputError: an unknown method, no copies, no scramblings, or more deviates than a Sobol sequence has dimensions.
    """
    if method not in METHODS:
        raise InputError("unknown sampling", where="sampling", found=method, allowed=", ".join(METHODS))
    if copies < 1:
        raise InputError("no copies", where="sampling", found=copies, allowed="1, 2, …")
    if not 1 <= scramblings <= MOST_SCRAMBLINGS:
        raise InputError("out of range", where="scramblings", found=scramblings, allowed=f"1 … {MOST_SCRAMBLINGS}")
    if method == PLAIN or not names:
        return Plan(PLAIN, seed, copies, (), None)
    draw = _sobol if method == "sobol" else _latin_hypercube
    parts = range(min(scramblings, copies))
    uniform = np.empty((copies, len(names)))
    for part in parts:
        uniform[part::scramblings] = draw(seed, part, len(names), len(range(part, copies, scramblings)))
    word = method if method == "sobol" else f"{method} of {copies}"  # those of other numbers are other copies
    return Plan(_word(word, scramblings), seed, copies, names, normal(uniform))


def plan_of(word: str, seed: int, names: Sequence[str], index: int, where: str = "sampling") -> Plan:
    """The plan with a copy, from the method that it had. Raises InputError for a copy that is not in it."""
    rule, _, parts = word.partition(" in ")
    method, _, copies = rule.partition(" of ")
    most = int(copies) if copies.isdecimal() else index + 1
    if index >= most:
        raise InputError("no such copy", where=where, found=index, allowed=f"0 … {most - 1}")
    return plan(method, seed, names, most, int(parts) if parts.isdecimal() else 1)


def _word(rule: str, scramblings: int) -> str:
    return rule if scramblings == 1 else f"{rule} in {scramblings}"


def replicates(method: str, copies: int, scramblings: int) -> np.ndarray | None:
    """Plan of each copy, shape (copies,); None where there are not several, or too few copies of each."""
    if method == PLAIN or scramblings < 2 or copies < LEAST_OF_EACH * scramblings:
        return None
    return np.arange(copies) % scramblings


def note(method: str, copies: int, scramblings: int) -> str | None:
    """What a sampling and its intervals are, in a sentence; None for plain copies."""
    if method == PLAIN:
        return None
    if replicates(method, copies, scramblings) is None:
        return f"{_NAMES[method]}: {_PLAIN_INTERVALS}"
    return f"{_NAMES[method]}, {scramblings} of them, independent: the intervals are from the scatter between these"


def normal(uniform: np.ndarray) -> np.ndarray:
    """Standard normal deviates of numbers in 0 … 1, by the inverse of the distribution function; always finite."""
    from scipy.special import ndtri

    return ndtri(np.clip(uniform, _NEXT_TO_0, 1 - _NEXT_TO_0))


def advice(method: str, copies: int, scramblings: int = 1) -> str | None:
    """What would be a better number of copies; None where this one is as good as any."""
    each, rest = divmod(copies, scramblings)
    if method != "sobol" or (each & (each - 1) == 0 and not rest and each):
        return None
    below = scramblings << max(each.bit_length() - 1, 0)
    if scramblings > 1:
        return (
            f"a Sobol sequence is balanced at powers of two: {scramblings} of them with {below} or {2 * below} copies "
            f"rather than {copies}"
        )
    return f"a Sobol sequence is balanced at powers of two: {below} or {2 * below} copies rather than {copies}"


def _generator(method: str, seed: int, part: int) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(method.encode()), *([part] if part else [])])


def _latin_hypercube(seed: int, part: int, dimensions: int, copies: int) -> np.ndarray:
    from scipy.stats import qmc

    make: Any = qmc.LatinHypercube  # `seed` is named `rng` since scipy 1.15
    return make(dimensions, seed=_generator("lhs", seed, part)).random(copies)


def _sobol(seed: int, part: int, dimensions: int, copies: int) -> np.ndarray:
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
    points = make(dimensions, bits=_BITS, seed=_generator("sobol", seed, part)).random_base2(
        (copies - 1).bit_length()
    )  # a part of it would warn
    return points[:copies] + 2.0 ** -(_BITS + 1)
