"""A task whose ratios are known by calculation: the device takes N joules, times a factor of its own."""

from __future__ import annotations

from collections.abc import Mapping

from energy.break_even.costing import Costing
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.ranges import Range


def parameter(name: str, value: float, times: float) -> Parameter:
    """A parameter that may be `times` smaller or larger."""
    within = Range(value / times, value * times, "loguniform", "a test")
    return Parameter(name, value, "J", "", "a test", "assumed", likely=within)


def task(rivals: Mapping[str, float | None], times: float = 2.0, device: float = 1.0) -> Costing:
    """Other systems by name and energy, J; those of None were not obtained.

    Args:
        times: to either side of the device's own factor; those of the others reach a fifth of that.
    """
    own = parameter("own", device, times)

    def of_device(name: str, scenario: Scenario) -> Cost:
        if scenario.scope == "system":
            raise InputError("not in this scope", where=name)
        count = scenario.neurons or 1
        return cost(f"{name} (N = {count})", "assumed", lambda read: count * read(own), axes=("scope", "neurons"))

    def other(name: str, energy: float | None):
        def build(scenario: Scenario) -> Cost:
            if energy is None:
                raise InputError("not measured", where=name)
            its = parameter(f"energy of {name}", energy, times**0.2)
            return cost(name, "assumed", lambda read: read(its) / scenario.batch, axes=("batch",))

        return build

    about = {name: f"the {name} system" for name in rivals}
    builders = {name: other(name, energy) for name, energy in rivals.items()}
    return Costing("made_up", "a test", of_device, builders, ("device",), about)
