"""Conditions that a circuit's curves depend on, seen from the curves with and without each.

A check that passes says nothing of a supply, a corner or a card that its curves do not depend on. That is not declared
anywhere, where it could be wrong: the curves tell.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuits.measurement import CurveCheck
from circuits.testbench import Testbench
from ipcircuit.declaration.ambient import AmbientWarning
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.spice.jobs import Progress
from ipcircuit.technology.catalog import DEFAULT
from ipcircuit.technology.record import Technology

#: Share of a curve's tolerance by which the circuit may move although the curve does not depend on a condition: a
#: capacitance of the part that is not compared, and other time steps, move it by a hundredth.
STILL = 0.05
ROUNDING = 1e-12  # relative, of a value divided by a scale and multiplied by it again


@dataclass(frozen=True)
class Choice:
    """Conditions that a user chose for a check, as options of ``configured``, each by the option that set it."""

    corner: str = "tt"
    temperature_C: float = 27.0
    technology: Technology | None = None
    overrides: Mapping[str, float] | None = None
    device: ParameterFile | None = None

    def options(self) -> dict[str, Any]:
        """All of them."""
        plain = {"corner": self.corner, "temperature_C": self.temperature_C, "technology": self.technology}
        measured = {} if self.device is None else {"device": self.device}
        return {**plain, **measured, **(self.overrides or {})}

    def without(self) -> dict[str, dict[str, Any]]:
        """By option that was set: all the others."""
        default = Choice()
        chosen: dict[str, dict[str, Any]] = {}
        own_card = self.technology is not None and self.technology.name == DEFAULT
        card = "--models" if own_card else "--technology"
        for option, name in (("--corner", "corner"), ("--temperature", "temperature_C"), (card, "technology")):
            if getattr(self, name) != getattr(default, name):
                chosen[option] = {**self.options(), name: getattr(default, name)}
        if self.device is not None:
            chosen["--device"] = {**self.options(), "device": None}
        for name in self.overrides or {}:
            chosen[f"--set {name}"] = {key: value for key, value in self.options().items() if key != name}
        return chosen


def ignored(
    testbench: Testbench,
    curves: Sequence[CurveCheck],
    choice: Choice,
    *,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> list[tuple[str, ...]]:
    """By curve, the options of `choice` that it does not depend on.

    Args:
        testbench: as registered.
        curves: its check under all of `choice`.
    """
    result: list[tuple[str, ...]] = [()] * len(curves)
    for option, others in choice.without().items():
        try:
            with warnings.catch_warnings(action="ignore", category=AmbientWarning):  # the check has said it
                plain, chosen = testbench.configured(**others), testbench.configured(**choice.options())
            if _same(plain, chosen):
                continue  # set to what it is anyway
            before = plain.check(n_jobs=n_jobs, progress=progress)
        except (InputError, SimulationError):
            continue  # without it the check is another one, or none
        unmoved = [_unmoved(a, b) for a, b in zip(curves, before, strict=False)]
        if len(before) == len(curves):
            result = [(*names, option) if still else names for names, still in zip(result, unmoved, strict=True)]
    return result


def _same(one: Testbench, other: Testbench) -> bool:
    try:
        return bool(one == other)
    except ValueError:  # arrays among its fields
        return False


def _unmoved(one: CurveCheck, other: CurveCheck) -> bool:
    """Whether the compact model gives the very same values, and the circuit the same within `STILL`.

    Values before they were divided by a scale: a circuit that follows its compact model moves, their ratio does not.
    """
    if np.shape(one.circuit) != np.shape(other.circuit):
        return False
    if not np.allclose(one.compact * one.scale, other.compact * other.scale, rtol=ROUNDING, atol=0.0, equal_nan=True):
        return False
    allowed = STILL * one.tolerance * np.abs(one.scale)
    return bool(
        np.allclose(one.circuit * one.scale, other.circuit * other.scale, rtol=0.0, atol=allowed, equal_nan=True)
    )
