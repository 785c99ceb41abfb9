"""Range of a number that is not known exactly, with the law of its probability in it and where both come from."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np

from ipcircuit.errors import InputError

if TYPE_CHECKING:
    from ipcircuit.parameters import Parameter

Law = Literal["uniform", "loguniform", "normal", "lognormal"]
LAWS: tuple[Law, ...] = get_args(Law)
CENTRAL = 1.959963984540054  # standard deviations: low … high of a normal law is its central 95 %
DECADE = 10.0  # of high over low, from which on a range without a law is taken to be logarithmic


@dataclass(frozen=True)
class Range:
    """Values a number may have.

    Attributes:
        low, high: ends of a uniform law; of the two normal ones the ends of the central 95 %.
        law: of the number, or of its logarithm (`log`).
        source: where the ends come from, or the reason for them.
        minimum, maximum: values beyond which there is none; a normal law is cut there.

    Raises:
        InputError: ends that are not finite or not in order, a logarithmic law that is not above 0, an unknown law, no
            source, or ends beyond what is possible.
    """

    low: float
    high: float
    law: Law = "uniform"
    source: str = ""
    minimum: float = -math.inf
    maximum: float = math.inf

    def __post_init__(self) -> None:
        ends = f"{self.low:g} … {self.high:g}"
        if self.law not in LAWS:
            raise InputError("unknown law", where="range", found=self.law, allowed=", ".join(LAWS))
        if not (math.isfinite(self.low) and math.isfinite(self.high) and self.low < self.high):
            raise InputError(
                "not a range", where="range", found=ends, allowed="a low end below a high end, both finite"
            )
        if self.log and self.low <= 0:
            raise InputError(f"a {self.law} range is above 0", where="range", found=ends, allowed="a low end above 0")
        if not self.source.strip(" :;."):
            raise InputError("source is missing", where="range", allowed="paper and place, or the reason")
        if self.high < self.minimum or self.low > self.maximum:
            raise InputError("holds no valid value", where="range", found=ends, allowed=self._possible)
        if self.low < self.minimum or self.high > self.maximum:
            raise InputError("holds values that are not valid", where="range", found=ends, allowed=self._possible)

    @property
    def _possible(self) -> str:
        return f"{self.minimum:g} … {self.maximum:g}"

    @property
    def log(self) -> bool:
        """Whether the law is one of the logarithm."""
        return self.law in ("loguniform", "lognormal")

    @property
    def middle(self) -> float:
        """Median."""
        return float(self.values(np.array([0.5]))[0])

    def values(self, u: np.ndarray) -> np.ndarray:
        """Quantile function: the values at probabilities `u` in (0, 1), in its shape."""
        if "normal" not in self.law:
            inner = self._inner(np.array([self.low, self.high]))
            return self._outer(inner[0] + np.asarray(u) * (inner[1] - inner[0]))
        from scipy.special import ndtr, ndtri

        below, above = (ndtr(self._deviate(end)) for end in (self.minimum, self.maximum))
        middle, sigma = self._moments()
        values = self._outer(middle + sigma * ndtri(below + np.asarray(u) * (above - below)))
        return np.clip(values, self.minimum, self.maximum)

    def probabilities(self, values: np.ndarray) -> np.ndarray:
        """Distribution function, the inverse of `values`; 0 and 1 beyond what is possible."""
        values = np.asarray(values, dtype=float)
        if "normal" not in self.law:
            inner = self._inner(np.array([self.low, self.high]))
            return np.clip((self._inner(np.maximum(values, self.low)) - inner[0]) / (inner[1] - inner[0]), 0, 1)
        from scipy.special import ndtr

        below, above = (ndtr(self._deviate(end)) for end in (self.minimum, self.maximum))
        middle, sigma = self._moments()
        with np.errstate(divide="ignore", invalid="ignore"):
            deviates = np.where(values > 0, (self._inner(values) - middle) / sigma, -np.inf)
        if not self.log:
            deviates = (values - middle) / sigma
        return np.clip((ndtr(deviates) - below) / (above - below), 0, 1)

    def between(self, low: float, high: float, source: str = "set by the user") -> Range:
        """Same law between other ends.

        Raises:
            InputError: as the class; a range without a valid value is one.
        """
        return replace(self, low=low, high=high, source=source)

    def without(self, common: Range) -> Range:
        """What is left of this range after a common factor: the variances of both logarithms add up to its own.

        Raises:
            InputError: a law that is not one of the logarithm, or a common factor that varies as much or more.
        """
        if not (self.log and common.log):
            text = "only a logarithmic range has a common factor"
            raise InputError(text, where="range", found=f"{self.law}, {common.law}", allowed="loguniform, lognormal")
        left = 1 - (common._log_variance() / self._log_variance())
        if left <= 0:
            found, allowed = f"{common.low:g} … {common.high:g}", f"narrower than {self.low:g} … {self.high:g}"
            raise InputError("a common factor varies more than the number", where="range", found=found, allowed=allowed)
        middle, half = (self.low * self.high) ** 0.5, (self.high / self.low) ** (0.5 * left**0.5)
        return replace(self, low=middle / half, high=middle * half)

    def _log_variance(self) -> float:
        """Of the logarithm, as if nothing were cut."""
        width = math.log(self.high / self.low)
        return width**2 / 12 if self.law == "loguniform" else (width / 2 / CENTRAL) ** 2

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary of the ends, the law and the source."""
        return {"low": self.low, "high": self.high, "law": self.law, "source": self.source}

    def _inner(self, values: np.ndarray) -> np.ndarray:
        return np.log(values) if self.log else values

    def _outer(self, values: np.ndarray) -> np.ndarray:
        return np.exp(values) if self.log else values

    def _moments(self) -> tuple[float, float]:
        """Mean and standard deviation of a normal law, in its logarithm if it is one of it."""
        low, high = self._inner(np.array([self.low, self.high]))
        return float(low + high) / 2, float(high - low) / 2 / CENTRAL

    def _deviate(self, limit: float) -> float:
        """A limit of what is possible in standard deviations of the law that it cuts."""
        if not math.isfinite(limit) or (self.log and limit <= 0):
            return math.copysign(math.inf, limit) if not (self.log and limit <= 0) else -math.inf
        middle, sigma = self._moments()
        return ((math.log(limit) if self.log else limit) - middle) / sigma


def range_of(parameter: Parameter) -> Range | None:
    """Values a parameter may have: what it states itself, else by its spread, else the range in which it holds.

    Returns:
        None: it states none of them; it is held fixed then.
    """
    value, limits = parameter.value, {"minimum": parameter.minimum, "maximum": parameter.maximum}
    if parameter.likely is not None:
        return replace(parameter.likely, **limits)
    if parameter.spread and value:
        return _from_spread(value, parameter.spread, limits)
    if math.isfinite(parameter.minimum) and math.isfinite(parameter.maximum) and parameter.minimum < parameter.maximum:
        logarithmic = parameter.minimum > 0 and parameter.maximum / parameter.minimum >= DECADE
        source = "range in which the parameter holds; nothing is known of its distribution"
        law: Law = "loguniform" if logarithmic else "uniform"
        return Range(parameter.minimum, parameter.maximum, law, source, **limits)
    return None


def _from_spread(value: float, spread: float, limits: dict[str, float]) -> Range | None:
    source = f"relative standard deviation {spread:g} from sample to sample"
    if value > 0:
        low, high, law = value * math.exp(-CENTRAL * spread), value * math.exp(CENTRAL * spread), "lognormal"
    else:
        low, high, law = value * (1 + CENTRAL * spread), value * (1 - CENTRAL * spread), "normal"
    low, high = max(low, limits["minimum"]), min(high, limits["maximum"])
    return Range(low, high, law, source, **limits) if low < high else None
