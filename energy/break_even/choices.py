"""Choices of the scenario: the ratio along each of its axes, and the fewest choices that bring it to a target."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ipcircuit.errors import InputError


class Along(Protocol):
    """An axis of the scenario; `energy.break_even.problem.Axis` is one."""

    @property
    def name(self) -> str: ...
    @property
    def values(self) -> tuple[Any, ...]: ...


class Stated(Protocol):
    """A ratio with its value where every factor is as stated."""

    @property
    def nominal(self) -> float: ...


class InScenario(Stated, Protocol):
    """A ratio that knows the choices it depends on."""

    @property
    def axes(self) -> Sequence[Along]: ...


class At(Protocol):
    """Builds a ratio with other choices, by axis. Raises InputError where there is none."""

    def __call__(self, **values: Any) -> InScenario: ...


@dataclass(frozen=True)
class Choice:
    """The ratio with one choice of the scenario replaced.

    Attributes:
        ratio: None: not obtained, for the `reason`.
        chosen: whether it is the scenario's own choice.
    """

    axis: str
    value: Any
    ratio: float | None
    chosen: bool
    reason: str | None = None


def along(
    axes: Iterable[Along], scenario: Mapping[str, Any], ratio: Callable[[str, Any], Stated]
) -> tuple[Choice, ...]:
    """The ratio at each value of each axis, and at the scenario's own value, the other choices as they are.

    Args:
        scenario: choices by axis.
        ratio: builds the ratio with a value of an axis; an InputError of it becomes the reason for none.
    """
    return tuple(
        _choice(axis.name, value, value == scenario[axis.name], ratio)
        for axis in axes
        for value in _with_own(axis.values, scenario[axis.name])
    )


def _with_own(values: tuple[Any, ...], own: Any) -> tuple[Any, ...]:
    return values if own in values else (own, *values)


def _choice(axis: str, value: Any, chosen: bool, ratio: Callable[[str, Any], Stated]) -> Choice:
    try:
        return Choice(axis, value, ratio(axis, value).nominal, chosen)
    except InputError as error:
        return Choice(axis, value, None, chosen, str(error))


def switches(ratio: InScenario, at: At, target: float) -> tuple[Choice, ...]:
    """Choices switched one after the other, each time the one that raises the ratio most, until it reaches a target.

    Returns:
        The switches, with the ratio after each; the last one is below the target where no choices reach it.
    """
    made: list[Choice] = []
    values: dict[str, Any] = {}
    best = ratio.nominal
    while best < target:
        tried = [
            (choice, {**values, axis.name: value})
            for axis in ratio.axes
            if axis.name not in values
            for value in axis.values
            if (choice := _switched(axis.name, value, values, at)).ratio is not None
        ]
        choice, chosen = max(tried, key=lambda pair: pair[0].ratio or 0.0, default=(None, values))
        if choice is None or choice.ratio is None or choice.ratio <= best * (1 + 1e-9):
            break
        best, values = choice.ratio, chosen
        ratio = at(**values)
        made.append(choice)
    return tuple(made)


def _switched(axis: str, value: Any, others: Mapping[str, Any], at: At) -> Choice:
    return _choice(axis, value, False, lambda axis, value: at(**{**others, axis: value}))
