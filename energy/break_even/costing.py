"""Costs of a task's systems as functions of their parameters, by task, and the ratio of two of them.

What exists for a task comes through the manifests (kind `costings`), so that a plug-in's task is served like ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from energy.break_even.problem import Cost, Ratio
from energy.break_even.scenario import Scenario, axes_of
from ipcircuit.errors import InputError
from ipcircuit.families import COSTINGS

DEVICE = "differential"
Builder = Callable[[Scenario], Cost]


@dataclass(frozen=True)
class Costing:
    """Costs of the systems that do one task.

    Attributes:
        name: of the task. summary: in a line.
        device: of the name of a circuit, and a scenario, the cost on it; raises InputError for what was not obtained.
        devices: names to show for `device`; it may take others.
        others: builders of other systems, by name.
        about: of the other systems by name, in words.
        neurons: parallel neurons per input (N) where the scenario states none.
    """

    name: str
    summary: str
    device: Callable[[str, Scenario], Cost]
    others: Mapping[str, Builder]
    devices: tuple[str, ...] = (DEVICE,)
    about: Mapping[str, str] = field(default_factory=dict)
    neurons: int = 1

    def ratio(self, other: str, scenario: Scenario | None = None, device: str | None = None) -> Ratio:
        """Ratio of another system's energy to a device's; see `ratio`, also for errors."""
        chosen = scenario or Scenario()
        if chosen.neurons is None:
            chosen = chosen.with_value("neurons", self.neurons)
        if other not in self.others:
            text = f"{self.name} has no such system to compare with"
            raise InputError(text, where="other system", found=other, allowed=", ".join(self.others))
        own, its = self.device(device or self.devices[0], chosen), self.others[other](chosen)
        bearing, values = {*own.axes, *its.axes}, chosen.to_json()
        default = Scenario(neurons=self.neurons).to_json()
        idle = tuple(name for name, value in values.items() if value != default[name] and name not in bearing)
        return Ratio(self.name, own, its, values, axes_of(bearing, chosen), idle)


def tasks() -> tuple[str, ...]:
    """Names of the tasks that have costs."""
    return tuple(COSTINGS.names())


def costing(task: str) -> Costing:
    """The costs of a task. Raises InputError: unknown, or a plug-in's that cannot be used."""
    return COSTINGS.load(task)


def others(task: str) -> tuple[str, ...]:
    """Names of the systems that a task's device can be compared with. Raises InputError as `costing`."""
    return tuple(costing(task).others)


def devices(task: str) -> tuple[str, ...]:
    """Names of devices of a task, the default first. Raises InputError as `costing`."""
    return costing(task).devices


def ratio(task: str | Costing, other: str, scenario: Scenario | None = None, device: str | None = None) -> Ratio:
    """Energy of another system over that of the device, as a function of what neither is known exactly by.

    Args:
        task: one of `tasks()`, or costs of a user's own network.
        other: one of `others(task)`.
        scenario: by default what `ipcircuit compare` shows.
        device: circuit of the neurons; by default the first of `devices(task)`.

    Raises:
        InputError: an unknown task, system or circuit, or an energy that was not obtained.
        SimulationError: a circuit's simulation failed.
    """
    chosen = costing(task) if isinstance(task, str) else task
    return chosen.ratio(other, scenario, device)
