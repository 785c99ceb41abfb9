"""Spreads in place of the declared ones: sigmas, distributions, what a die shares, correlations.

A parameter's spread has the name of its device and its own, ``mtj_thermal.resistance`` or ``transistor.vth``. The
deviate of one instance is √d · D + √(1 - d) · L, where d is the share of the variance that all devices of a die have
in common, D the die's deviate of the parameter, and L the instance's own. Correlated parameters have correlated D, and
correlated L where they are of the same instance: the deviates of one instance are correlated as stated if both shares
are equal; those of two devices by √(d d') times as much. Correlated deviates of two instances, by the names that
`energy.variation.copies.dimensions` lists, have correlated L.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from ipcircuit.distributions import Distribution
from ipcircuit.errors import InputError
from ipcircuit.parameters import Basis, Variation
from ipcircuit.sampling.columns import exact_sum

Row = tuple[tuple[str, float], ...]  # a deviate as a sum over independent ones: their names, and the weights
MOST_CORRELATED = 1000  # names: their matrix is factorized
_ROUNDING = 1e-9  # of an eigenvalue or a pivot


@dataclass(frozen=True)
class Change:
    """What is stated of one parameter's spread; None: as declared.

    Attributes:
        origin: the file or option.
        source: what the user says of it.
    """

    origin: str
    sigma: float | None = None
    distribution: Distribution | None = None
    die: float | None = None
    basis: Basis | None = None
    source: str = ""

    def over(self, below: Change | None) -> Change:
        """This change where it states something, else the one below it."""
        if below is None:
            return self
        stated = self._stated()
        if self.sigma is not None:  # what the other said of its own sigma does not hold for this one
            below = replace(below, basis=None, source=self.source)
        return replace(below, **stated, origin=f"{below.origin}, {self.origin}")

    def of(self, declared: Variation) -> Variation:
        """The spread with what is stated. Raises InputError for one that cannot be."""
        stated = self._stated()
        source = f"set by the user: {self.origin}" + (f": {self.source}" if self.source else "")
        return replace(declared, **{"basis": "assumed", **stated}, source=source)

    def _stated(self) -> dict[str, Any]:
        return {name: value for name in _STATED if (value := getattr(self, name)) is not None}


_STATED = ("sigma", "distribution", "die", "basis")


@dataclass(frozen=True)
class Correlation:
    """Correlation of the normal deviates of two parameters, or of two instances."""

    between: tuple[str, str]
    value: float
    origin: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        where = f"{self.origin}: correlation".removeprefix(": ")
        if self.between[0] == self.between[1]:
            raise InputError("between a name and itself", where=where, found=self.between[0], allowed="two names")
        if not -1 <= self.value <= 1:
            raise InputError("out of range", where=f"{where}: value", found=self.value, allowed="-1 … 1")


@dataclass(frozen=True)
class Spreads:
    """What replaces the declared spreads; empty: nothing.

    Attributes:
        changes: by name of the parameter.
        correlations: of parameters or of instances.
        per_die: copies on one die, consecutive ones.

    Raises:
        InputError: a pair given twice, or correlations that no deviates can have.
    """

    changes: tuple[tuple[str, Change], ...] = ()
    correlations: tuple[Correlation, ...] = ()
    per_die: int = field(default=1, kw_only=True)

    def __post_init__(self) -> None:
        if not (isinstance(self.per_die, int) and self.per_die >= 1):
            raise InputError("out of range", where="copies of a die", found=self.per_die, allowed="1, 2, …")
        pairs: set[frozenset[str]] = set()
        for correlation in self.correlations:
            if (pair := frozenset(correlation.between)) in pairs:
                raise InputError(
                    "correlation given twice", where=correlation.origin, found=" and ".join(correlation.between)
                )
            pairs.add(pair)
        if len(self._names) > MOST_CORRELATED:
            raise InputError(
                "too many correlated names",
                where="correlation",
                found=len(self._names),
                allowed=f"up to {MOST_CORRELATED}",
            )
        if self.correlations:
            _ = self._die_rows

    def __bool__(self) -> bool:
        return bool(self.changes or self.correlations) or self.per_die > 1

    def over(self, below: Spreads) -> Spreads:
        """These spreads where they state something, else those below them."""
        changes = dict(below.changes)
        changes |= {name: change.over(changes.get(name)) for name, change in self.changes}
        per_die = self.per_die if self.per_die > 1 else below.per_die
        return Spreads(tuple(changes.items()), (*below.correlations, *self.correlations), per_die=per_die)

    def of(self, owner: str, declared: tuple[Variation, ...]) -> tuple[Variation, ...]:
        """Spreads of a device (or of ``"transistor"``) with what is stated of them."""
        return _changed(self.changes, owner, declared) if self.changes else declared

    def label(self) -> str:
        """Short text for results, another one for each other content."""
        content = [(name, *(getattr(change, field) for field in _STATED)) for name, change in self.changes]
        pairs = [(c.between, c.value) for c in self.correlations]
        origins = dict.fromkeys([c.origin for _, c in self.changes] + [c.origin for c in self.correlations])
        digest = hashlib.sha256(repr((sorted(content, key=repr), sorted(pairs))).encode()).hexdigest()[:12]
        texts = [f"{', '.join(origins)} ({digest})"] if content or pairs else []
        return "; ".join([*texts, *([f"{self.per_die} copies of a die"] if self.per_die > 1 else [])])

    def correlated(self, name: str) -> bool:
        """Whether a parameter or an instance is correlated with another."""
        return name in self._die_rows

    def weights(self, name: str) -> Row:
        """The deviate of a name as a sum over independent deviates of its own and of other names."""
        return self._die_rows.get(name, ((name, 1.0),))

    def own_weights(self, name: str) -> Row:
        """The same of a parameter within one instance: only the parameters of its device."""
        return self._own_rows.get(name, ((name, 1.0),))

    @cached_property
    def _die_rows(self) -> dict[str, Row]:
        return _rows(self._names, self._matrix)

    @cached_property
    def _own_rows(self) -> dict[str, Row]:
        rows: dict[str, Row] = {}
        for owner in {owner_of(name) for name in self._names}:
            places = [place for place, name in enumerate(self._names) if owner_of(name) == owner]
            rows |= _rows([self._names[p] for p in places], self._matrix[np.ix_(places, places)])
        return rows

    @cached_property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for c in self.correlations for name in c.between))

    @cached_property
    def _matrix(self) -> np.ndarray:
        places = {name: place for place, name in enumerate(self._names)}
        matrix = np.eye(len(places))
        for correlation in self.correlations:
            i, j = (places[name] for name in correlation.between)
            matrix[i, j] = matrix[j, i] = correlation.value
        lowest = float(np.linalg.eigvalsh(matrix)[0])
        if lowest < -_ROUNDING:
            raise InputError(
                "these correlations are no covariance: no deviates can have all of them",
                where=self.correlations[0].origin,
                found=f"smallest eigenvalue {lowest:.3g} between {', '.join(self._names)}",
                allowed="a positive semi-definite matrix",
            )
        return matrix


NONE = Spreads()


def owner_of(name: str) -> str:
    """Device of a parameter's spread."""
    return name.rpartition(".")[0]


def deviates(sample: Any, owner: str, variations: Sequence[Variation], names: Sequence[str]) -> list[Any]:
    """Standard normal deviate of each spread of one instance of a device.

    Args:
        sample: a copy, or many (`ipcircuit.sampling.columns.SampleColumns`), whose deviates are arrays.
        variations: with what the sample's spreads state; one of no sigma asks for no deviate.
        names: of the instance's own deviates.
    """
    spreads = NONE if sample.spreads is None else sample.spreads
    if not spreads.correlations:
        return [_mixed(sample, owner, v, name) for v, name in zip(variations, names, strict=True)]
    own = {f"{owner}.{v.key}": name for v, name in zip(variations, names, strict=True)}
    return [_correlated(sample, spreads, key, v, own) for v, key in zip(variations, own, strict=True)]


def _mixed(sample: Any, owner: str, variation: Variation, name: str) -> Any:
    """A deviate without correlations."""
    share = variation.die
    if variation.sigma == 0:
        return 0.0
    if share == 0:
        return sample.normal(name)
    common = math.sqrt(share) * sample.of_die(f"{owner}.{variation.key}")
    return common if share == 1 else common + math.sqrt(1 - share) * sample.normal(name)


def _correlated(sample: Any, spreads: Spreads, key: str, variation: Variation, own: Mapping[str, str]) -> Any:
    share, name = variation.die, own[key].lower()
    if variation.sigma == 0:
        return 0.0
    if spreads.correlated(name):
        if spreads.correlated(key):
            problem = "correlated by its parameter and by its instance"
            raise InputError(problem, where="correlation", found=f"{key}, {name}", allowed="one of both")
        local = [(other, weight) for other, weight in spreads.weights(name)]
    else:
        instance = next(iter(own.values()))  # a spread that it lacks, such as that of the other polarity, is its own
        local = [(own.get(other, f"{instance} {other}"), weight) for other, weight in spreads.own_weights(key)]
    deviate: Any = 0.0
    if share > 0:
        deviate += math.sqrt(share) * exact_sum(w * sample.of_die(other) for other, w in spreads.weights(key))
    if share < 1:
        deviate += math.sqrt(1 - share) * exact_sum(w * sample.normal(other) for other, w in local)
    return deviate


@lru_cache(maxsize=64)
def _changed(
    changes: tuple[tuple[str, Change], ...], owner: str, declared: tuple[Variation, ...]
) -> tuple[Variation, ...]:
    by_name = dict(changes)
    return tuple(by_name[name].of(v) if (name := f"{owner}.{v.key}") in by_name else v for v in declared)


def _rows(names: Sequence[str], matrix: np.ndarray) -> dict[str, Row]:
    """Rows of a lower triangular root of a correlation matrix, which may be singular (Cholesky)."""
    rest, root = matrix.copy(), np.zeros_like(matrix)
    for place in range(len(names)):
        pivot = rest[place, place]
        if pivot > _ROUNDING:
            root[:, place] = rest[:, place] / math.sqrt(pivot)
            root[:place, place] = 0.0
            rest -= np.outer(root[:, place], root[:, place])
    return {
        name: tuple((names[j], float(weight)) for j, weight in enumerate(row) if weight != 0)
        for name, row in zip(names, root, strict=True)
    }
