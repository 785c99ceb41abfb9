"""Strongest counter-argument to a ratio: the other system, or the choice of the scenario, that lowers it most."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from energy.break_even.choices import Choice, along
from energy.break_even.costing import Costing, costing
from energy.break_even.problem import Ratio
from energy.break_even.scenario import Scenario
from ipcircuit.errors import InputError


@dataclass(frozen=True)
class Change:
    """A comparison after a change, and its ratio with every factor as stated.

    Attributes:
        other: system that the device is compared with. about: the same in words.
        axis, value: choice of the scenario that was replaced; None: none was.
        scenario: all choices.
    """

    other: str
    about: str
    axis: str | None
    value: Any
    ratio: float
    scenario: Scenario

    def to_json(self) -> dict[str, Any]:
        """Plain dictionary."""
        return asdict(self) | {"scenario": self.scenario.to_json()}


@dataclass(frozen=True)
class Counter:
    """What lowers a ratio, with every factor as stated.

    Attributes:
        ratio: of the comparison itself.
        systems: the same scenario with another system, the lowest ratio first.
        choices: the same system with one choice of the scenario replaced, the lowest ratio first.
        both: the system of the lowest ratio with the choice that then lowers it most; None: no choice does.
        reasons: for what was not obtained, by system.
    """

    ratio: float
    systems: tuple[Change, ...]
    choices: tuple[Change, ...]
    both: Change | None
    reasons: Mapping[str, str] = field(default_factory=dict)

    @property
    def strongest(self) -> Change | None:
        """The one change that lowers the ratio most; None: none lowers it."""
        first = [*self.systems[:1], *self.choices[:1]]
        lower = [change for change in first if change.ratio < self.ratio]
        return min(lower, key=lambda change: change.ratio, default=None)

    @property
    def rival(self) -> Change | None:
        """The other system of the lowest ratio; None: none is lower than the comparison's own."""
        return next((change for change in self.systems if change.ratio < self.ratio), None)


def counter(task: str | Costing, other: str, scenario: Scenario | None = None, device: str | None = None) -> Counter:
    """What lowers a ratio: every other system of the task, and every choice of the scenario, one at a time.

    Args:
        task, other, scenario, device: as of `energy.break_even.costing.ratio`, also for errors.
    """
    chosen, start = (costing(task) if isinstance(task, str) else task), scenario or Scenario()
    ratio = chosen.ratio(other, start, device).nominal
    systems, reasons = list[Change](), dict[str, str]()
    for name in chosen.others:
        if name != other:
            try:
                value = chosen.ratio(name, start, device).nominal
            except InputError as error:
                reasons[name] = str(error)
                continue
            systems.append(Change(name, chosen.about.get(name, name), None, None, value, start))
    systems.sort(key=lambda change: change.ratio)
    alone = _changes(chosen, other, start, device)
    best = next((change.other for change in systems if change.ratio < ratio), None)
    both = next(iter(_changes(chosen, best, start, device)), None) if best else None
    if both is not None and both.ratio >= systems[0].ratio:
        both = None
    return Counter(ratio, tuple(systems), tuple(alone), both, reasons)


def choices(task: Costing, other: str, scenario: Scenario, device: str | None = None) -> tuple[Choice, ...]:
    """The ratio along every axis that bears on it, as stated. Raises InputError where the scenario itself has none."""
    first = task.ratio(other, scenario, device)

    def at(axis: str, value: Any) -> Ratio:
        """The ratio with another choice."""
        return task.ratio(other, scenario.with_value(axis, value), device)

    return along(first.axes, first.scenario, at)


def _changes(task: Costing, other: str, scenario: Scenario, device: str | None) -> list[Change]:
    """Each other choice of the scenario, the lowest ratio first; those without a ratio are left out."""
    about = task.about.get(other, other)
    changes = [
        Change(other, about, row.axis, row.value, row.ratio, scenario.with_value(row.axis, row.value))
        for row in choices(task, other, scenario, device)
        if row.ratio is not None and not row.chosen
    ]
    return sorted(changes, key=lambda change: change.ratio)
