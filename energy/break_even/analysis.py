"""What a ratio of two energies hangs on: its distribution, and the factors that decide whether it is above 1."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from energy.break_even.choices import Choice
from energy.break_even.conditions import Conditions, conditions_for
from energy.break_even.effects import (
    Bar,
    Crossing,
    Problem,
    Together,
    Uncertain,
    crossings,
    evaluate_design,
    index_rows,
    nominal_value,
    together,
    tornado,
)
from ipcircuit.errors import InputError
from ipcircuit.statistics import wilson_interval
from ipcircuit.units import words

if TYPE_CHECKING:
    from energy.break_even.confirmation import ConfirmedRatio

SAMPLES = 8192
MOST_SAMPLES = 1 << 18
QUANTILES = (0.025, 0.05, 0.25, 0.5, 0.75, 0.95, 0.975)
_BINS = 40
_BEYOND = 10  # samples that must lie beyond each end of an interval


@dataclass(frozen=True)
class Probability:
    """Share of the samples, with the interval that as many plain ones would have."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class BreakEven:
    """Result of `analyse`.

    Attributes:
        nominal: ratio with every factor as stated.
        samples, seed, confidence: of the distribution.
        interval: of the ratio, its central part of probability `confidence`.
        quantiles: of the ratio, by probability.
        histogram_edges, histogram: edges in log10 of the ratio, and numbers of samples between them.
        above_1, at_target: probability that the ratio is above 1, and at least the target.
        indices: first-order and total Sobol indices of `indices_of` with 95 % intervals, a dictionary per factor, the
            largest total index first; empty where nothing varies.
        tornado: the longest bar first. crossings: the nearest first; empty: no factor alone brings the ratio to 1.
        together: see `energy.break_even.effects.together`.
        choices: the ratio along each axis of the scenario.
        switches: choices that bring the ratio to the target one after the other (`energy.break_even.choices.switches`).
        conditions: for the target; None: not asked for.
        confirmed: points that were simulated (`energy.break_even.confirmation`).
        factors: what varied. fixed: what did not, with the reason.
        title: task, systems and scenario by name.
    """

    nominal: float
    samples: int
    seed: int
    confidence: float
    interval: tuple[float, float]
    quantiles: Mapping[float, float]
    histogram_edges: tuple[float, ...]
    histogram: tuple[int, ...]
    above_1: Probability
    target: float
    at_target: Probability
    indices_of: str
    indices: Sequence[Mapping[str, Any]]
    tornado: tuple[Bar, ...]
    crossings: tuple[Crossing, ...]
    together: tuple[Together, ...]
    choices: tuple[Choice, ...]
    switches: tuple[Choice, ...]
    conditions: Conditions | None
    factors: tuple[Uncertain, ...]
    fixed: Mapping[str, str] = field(default_factory=dict)
    confirmed: tuple[ConfirmedRatio, ...] = ()
    title: Mapping[str, Any] = field(default_factory=dict)

    def label(self, factor: str) -> str:
        """Name of a factor for people: in words with its symbol where its parameter has such a one."""
        return next((getattr(one, "label", "") for one in self.factors if one.name == factor), "") or words(factor)

    @property
    def crosses(self) -> bool:
        """Whether some factor alone brings the ratio to 1 within its range."""
        return bool(self.crossings)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return {
            **self.title,
            "nominal": self.nominal,
            "samples": self.samples,
            "seed": self.seed,
            "confidence": self.confidence,
            "interval": list(self.interval),
            "quantiles": {f"{p:g}": value for p, value in self.quantiles.items()},
            "histogram": {"log10_edges": list(self.histogram_edges), "samples": list(self.histogram)},
            "probability_above_1": asdict(self.above_1),
            "target": self.target,
            "probability_of_target": asdict(self.at_target),
            "sobol": {"of": self.indices_of, "factors": [dict(row) for row in self.indices]},
            "tornado": [asdict(bar) | {"decades": bar.decades} for bar in self.tornado],
            "crossings": [asdict(row) for row in self.crossings],
            "together": [asdict(row) for row in self.together],
            "scenario_table": [asdict(choice) for choice in self.choices],
            "switches": [asdict(choice) for choice in self.switches],
            "conditions": None if self.conditions is None else self.conditions.to_json(),
            "confirmed": [row.to_json() for row in self.confirmed],
            "factors": [_factor(one) for one in self.factors],
            "fixed": dict(self.fixed),
        }


def _factor(one: Uncertain) -> dict[str, Any]:
    extra = {name: getattr(one, name) for name in ("description", "source", "values", "chosen") if hasattr(one, name)}
    return {"factor": one.name, "unit": one.unit, "nominal": one.nominal, "range": one.range.to_json(), **extra}


def least_samples(confidence: float) -> int:
    """Samples of which enough lie beyond each end of an interval of this confidence."""
    return math.ceil(2 * _BEYOND / (1 - confidence) - 1e-9)


def analyse(
    problem: Problem,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
    target: float = 100.0,
    confidence: float = 0.95,
    logarithm: bool | None = None,
    conditions: bool = True,
    choices: Sequence[Choice] = (),
) -> BreakEven:
    """Distribution of a ratio over the ranges of its factors, and what decides it.

    Args:
        problem: a `energy.break_even.problem.Ratio`, or any function of factors.
        samples: of the distribution; rounded up to a power of two. The Sobol indices take another half of them for each
            factor.
        target: ratio whose conditions are looked for.
        confidence: of the interval of the ratio and of the probabilities.
        logarithm: Sobol indices of the logarithm of the ratio, not of the ratio; None: where it is always positive.
        conditions: look for the conditions of the target.
        choices: of `energy.break_even.choices.along`, to go with the result.

    Raises:
        InputError: nothing varies, too few samples for the confidence, or numbers out of range.
    """
    if not problem.factors:
        raise InputError("nothing varies: no factor has a range", where="factors")
    check_request(samples, target, confidence)
    base_rows = 1 << (samples - 1).bit_length() - 1
    design = evaluate_design(problem, base_rows, seed)
    sample = design.sample
    if not np.isfinite(design.values).all():
        raise InputError("the ratio has no value for some values of its factors", where="ranges of the factors")
    logarithm = bool(design.values.min() > 0) if logarithm is None else logarithm
    bars = tornado(problem)
    tails = (1 - confidence) / 2
    low, high = np.quantile(sample, [tails, 1 - tails]).tolist()
    counts, edges = _histogram(sample)
    return BreakEven(
        nominal=nominal_value(problem),
        samples=len(sample),
        seed=seed,
        confidence=confidence,
        interval=(low, high),
        quantiles=dict(zip(QUANTILES, np.quantile(sample, QUANTILES).tolist(), strict=True)),
        histogram_edges=tuple(edges.tolist()),
        histogram=tuple(counts.tolist()),
        above_1=_probability(sample > 1, confidence),
        target=target,
        at_target=_probability(sample >= target, confidence),
        indices_of="log10 of the ratio" if logarithm else "ratio",
        indices=index_rows(problem, design.indices(seed, logarithm=logarithm)),
        tornado=bars,
        crossings=crossings(problem),
        together=together(problem, bars),
        choices=tuple(choices),
        switches=(),
        conditions=conditions_for(problem, bars, target, len(sample), seed) if conditions else None,
        factors=tuple(problem.factors),
        fixed=dict(getattr(problem, "fixed", {})),
        title=_title(problem),
    )


def check_request(samples: int, target: float, confidence: float) -> None:
    """Raise InputError for too few samples for the confidence, and for numbers out of range."""
    if not 0 < confidence < 1:
        raise InputError("out of range", where="confidence", found=confidence, allowed="above 0, below 1")
    if not (math.isfinite(target) and target > 0):
        raise InputError("out of range", where="target", found=target, allowed="a ratio above 0")
    least = max(least_samples(confidence), 32)
    if not least <= samples <= MOST_SAMPLES:
        text = "too few samples for this confidence" if samples < least else "too many samples"
        allowed = f"{least:,} … {MOST_SAMPLES:,} at a confidence of {confidence:g}"
        raise InputError(text, where="samples", found=samples, allowed=allowed)


def _probability(holds: np.ndarray, confidence: float) -> Probability:
    count, n = int(holds.sum()), len(holds)
    return Probability(count / n, *wilson_interval(count, n, confidence))


def _histogram(sample: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of samples between edges in log10 of the ratio; none of them where it is not positive."""
    positive = np.log10(sample[sample > 0])
    return np.histogram(positive, bins=_BINS)


def _title(problem: Problem) -> dict[str, Any]:
    """Task, systems and scenario, of a ratio that has them."""
    names = {name: getattr(problem, name, None) for name in ("task", "device", "other", "scenario")}
    systems = {name: getattr(names[name], "system", None) for name in ("device", "other")}
    energies = {f"{name}_J": getattr(names[name], "nominal_J", None) for name in ("device", "other")}
    shown = {"task": names["task"], **systems, **energies, "scenario": names["scenario"] and dict(names["scenario"])}
    return {name: value for name, value in shown.items() if value is not None}
