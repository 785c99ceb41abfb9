"""Choices of the scenario: the ratio along each of its axes, all factors as stated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
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
