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


def task(
    rivals: Mapping[str, float | None], scores: Mapping[str, float] | None = None, name: str = "made_up"
) -> Costing:
    """Other systems by name and energy, J; those of None were not obtained.

    The device's factor reaches from half to twice its value; in decades those of the others reach a fifth of that.

    Args:
        scores: of ``"device"`` and of others.
    """
    own, times = parameter("own", 1.0, 2.0), 2.0**0.2
    scored = {system: {"accuracy": score} for system, score in (scores or {}).items()}

    def of_device(name: str, scenario: Scenario) -> Cost:
        if scenario.scope == "system":
            raise InputError("not in this scope", where=name)
        count = scenario.neurons or 1
        return cost(
            f"{name} (N = {count})",
            "assumed",
            lambda read: count * read(own),
            axes=("scope", "neurons"),
            conditions=scored.get(name),
        )

    def other(name: str, energy: float | None):
        def build(scenario: Scenario) -> Cost:
            if energy is None:
                raise InputError("not measured", where=name)
            its = parameter(f"energy of {name}", energy, times)
            return cost(
                name, "assumed", lambda read: read(its) / scenario.batch, axes=("batch",), conditions=scored.get(name)
            )

        return build

    about = {rival: f"the {rival} system" for rival in rivals}
    builders = {rival: other(rival, energy) for rival, energy in rivals.items()}
    return Costing(name, "a test", of_device, builders, ("device",), about)
