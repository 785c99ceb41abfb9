"""Ratio of energies that a claim states: by scope, what it hangs on, and what speaks against it most."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from energy.break_even.analysis import BreakEven, analyse
from energy.break_even.costing import Costing, costing
from energy.break_even.counter import Change, counter
from energy.break_even.effects import Crossing, Together
from energy.break_even.scenario import Scenario
from energy.cost import SCOPES
from ipcircuit.errors import InputError
from reports.ledger.record import Compared

SAMPLES = 4096  # of a ratio's distribution
DECISIVE, ENOUGH = 3, 0.9  # factors that are named at most, and the share of the variance that they need not exceed


@dataclass(frozen=True)
class ScopeRatio:
    """The ratio in one scope of the device's energy.

    Attributes:
        ratio: every factor as stated; None: not obtained, for the `reason`.
        low, high: central 95 % of the ratio over the ranges of its factors.
        above_1: probability that the ratio is above 1. command: computes this row again.
    """

    scope: str
    ratio: float | None
    low: float | None
    high: float | None
    above_1: float | None
    command: str
    reason: str = ""


@dataclass(frozen=True)
class Decisive:
    """A factor that a ratio hangs on.

    Attributes:
        share: total Sobol index, of the variance of the ratio's logarithm.
        low, high: ends of its range. at_low, at_high: the ratio there, all else as stated.
    """

    factor: str
    unit: str
    description: str
    nominal: float
    share: float
    low: float
    high: float
    at_low: float
    at_high: float


@dataclass(frozen=True)
class RatioExplanation:
    """A ratio with what it hangs on.

    Attributes:
        about: the other system in words.
        scope, ratio: of `hangs_on`, `crossing`, `together` and the counter-arguments; the others are in `scopes`.
        crossing: value of a factor that alone brings the ratio to 1, the nearest to its stated one; None: none does.
        together: factors whose ends bring it to 1 or nearest to it.
        rival, choice, both: other system, choice of the scenario, and both at once, that lower the ratio most.
        commands: of these and of the scopes, by name.
        labels: names for people of the factors, by name.
    """

    about: str
    scope: str
    ratio: float
    samples: int
    scopes: Sequence[ScopeRatio]
    hangs_on: Sequence[Decisive]
    crossing: Crossing | None
    together: Sequence[Together]
    rival: Change | None
    choice: Change | None
    both: Change | None
    commands: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        changes = {name: getattr(self, name) for name in ("rival", "choice", "both")}
        return asdict(self) | {name: one and one.to_json() for name, one in changes.items()}


def scenario_of(compared: Compared) -> Scenario:
    """The scenario of a claim. Raises InputError: an axis or a value that is none."""
    scenario = Scenario()
    for name, value in compared.scenario.items():
        scenario = scenario.with_value(name, value)
    return scenario


def explain_ratio(compared: Compared, samples: int = SAMPLES) -> RatioExplanation:
    """Explain the ratio of a claim.

    Raises:
        InputError: no such task, system or scenario, or an energy that was not obtained.
        SimulationError: a circuit's simulation failed.
    """
    task, scenario, device = costing(compared.task), scenario_of(compared), compared.device or None
    result, against = (
        analysed(task, compared.against, scenario, device, samples),
        counter(task, compared.against, scenario, device),
    )
    choice = next((one for one in against.choices if one.ratio < against.ratio), None)
    changes = {"rival": against.rival, "choice": choice, "both": against.both}
    return RatioExplanation(
        task.about.get(compared.against, compared.against),
        scenario.scope,
        result.nominal,
        result.samples,
        [_of_scope(compared, replace(scenario, scope=scope), samples) for scope in SCOPES],
        decisive(result),
        next(iter(result.crossings), None),
        result.together,
        against.rival,
        choice,
        against.both,
        {"scopes": f"{command(compared.task, compared.against, replace(scenario, scope=_ANY), device)} --scope SCOPE"}
        | {name: command(compared.task, one.other, one.scenario, device) for name, one in changes.items() if one},
        {factor.name: result.label(factor.name) for factor in result.factors},
    )


def analysed(
    task: Costing, other: str, scenario: Scenario, device: str | None = None, samples: int = SAMPLES, **how: Any
) -> BreakEven:
    """Analysis of one ratio, by default without conditions for a target. Raises errors as `explain_ratio`.

    Args:
        how: as of `energy.break_even.analysis.analyse`.
    """
    return analyse(task.ratio(other, scenario, device), samples=samples, **{"conditions": False, **how})


def decisive(result: BreakEven) -> list[Decisive]:
    """Factors of the largest total Sobol indices that make up `ENOUGH` of the variance, `DECISIVE` at most."""
    bars, about = {bar.factor: bar for bar in result.tornado}, {f.name: f for f in result.factors}
    found, share = list[Decisive](), 0.0
    for row in result.indices[:DECISIVE]:
        bar, total = bars.get(row["factor"]), row["total"]
        if bar is None or total <= 0 or share >= ENOUGH:
            break
        what = getattr(about[bar.factor], "description", "")
        ends = (bar.low, bar.high, bar.at_low, bar.at_high)
        found.append(Decisive(bar.factor, bar.unit, what, bar.nominal, total, *ends))
        share += total
    return found


def _of_scope(compared: Compared, scenario: Scenario, samples: int) -> ScopeRatio:
    device = compared.device or None
    again = command(compared.task, compared.against, scenario, device)
    try:
        result = analysed(costing(compared.task), compared.against, scenario, device, samples)
    except InputError as error:
        return ScopeRatio(scenario.scope, None, None, None, None, again, str(error))
    return ScopeRatio(scenario.scope, result.nominal, *result.interval, result.above_1.value, again)


TASK = "memory"  # of `ipcircuit break-even` by default
_ANY: Any = Scenario().scope  # is left out of a command
OPTIONS = {"neurons": "-N"}  # of `ipcircuit break-even`, where they are not the axis's own name


def command(task: str, other: str, scenario: Scenario, device: str | None = None) -> str:
    """Command line that analyses a ratio; choices as in the default scenario are left out."""
    words = ["ipcircuit", "break-even", *([] if task == TASK else ["--task", task]), "--against", other]
    if device is not None:
        words += ["--device", device]
    default = Scenario()
    for name in (f.name for f in fields(Scenario)):
        if (value := getattr(scenario, name)) != getattr(default, name):
            words += [
                OPTIONS.get(name, f"--{name.replace('_', '-')}"),
                f"{value:.12g}" if isinstance(value, float) else f"{value}",
            ]
    return shlex.join(words)
