"""A circuit as a function of its parameters: energy of its operations and events, and power between them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from energy.characterize import Characterization, characterize, configured_at
from energy.compare import IDLE_LEAKAGE, published_cost
from energy.constants import PUBLISHED_OPERATION
from energy.cost import NeuronCost
from energy.driver import idle_leakage_energy
from energy.event_prices import EventCounts, EventPrices, event_prices
from ipcircuit.errors import InputError
from ipcircuit.parameters import Reader

PUBLISHED = "published"  # the differential neuron as its source states it


@dataclass(frozen=True)
class CircuitEnergy:
    """Energies of a circuit in one scope.

    Attributes:
        cost: the record.
        prices: of its events.
        operation_J: energy per operation without leakage between operations.
        idle_W, driver_idle_W: power between operations, of the circuit alone and of its write driver; 0 in a scope that
            counts none.
        period_s: of an operation.
        fixed: reasons by name of what is held fixed.
    """

    cost: NeuronCost
    prices: EventPrices
    operation_J: float
    idle_W: float
    driver_idle_W: float
    period_s: float
    fixed: Mapping[str, str]

    def moved(self, _: Reader) -> Any:
        """Energy of an operation over that as simulated: with it go the prices of all events."""
        return 1.0

    def idle_power(self, _: Reader, neurons_per_driver: int) -> Any:
        """Power of a neuron between operations, W."""
        return self.idle_W + self.driver_idle_W / neurons_per_driver

    def operation(self, read: Reader, density: Any, neurons_per_driver: int = 1) -> Any:
        """Energy per operation at a share of active inputs, J, leakage of the idle ones included."""
        if self.cost.basis == PUBLISHED:
            return read(PUBLISHED_OPERATION)
        power = self.idle_power(read, neurons_per_driver)
        return self.operation_J * self.moved(read) + (
            idle_leakage_energy(power, self.period_s, density) if self.period_s else 0.0
        )

    def events(self, read: Reader, counts: EventCounts, neurons_per_driver: int = 1) -> Any:
        """Energy of events, J, at their prices; what they wait at the power between operations.

        Raises:
            InputError: the number of operations is not known, and they have a price.
        """
        energies = self.prices.energies_J(counts)
        if energies is None:
            raise InputError("the number of operations is not known", where=self.cost.circuit)
        energies.pop("idle_W", None)
        return sum(energies.values()) * self.moved(read) + counts.idle_s * self.idle_power(read, neurons_per_driver)


def circuit_energy(name: str, scope: str, amplitude_V: float | None = None) -> CircuitEnergy:
    """Energies of a circuit by name, or of the published differential neuron (`PUBLISHED`), in a scope.

    Args:
        amplitude_V: of its pulses; None: that of its default conditions.

    Raises:
        InputError: an unknown circuit, an amplitude that it cannot work at, or a scope that was not obtained.
        SimulationError: the simulation failed.
    """
    if name == PUBLISHED:
        cost, characterized = published_cost(), None
    else:
        characterized = _characterized(name, amplitude_V)
        cost = characterized.cost
    prices = event_prices(cost)[scope]
    if not prices.obtained:
        obtained = ", ".join(s for s, one in cost.scopes.items() if one.energy_per_operation_J is not None)
        called = "the published cost" if name == PUBLISHED else name
        text = f"{called} has no energy in this scope"
        raise InputError(text, where="scope", found=scope, allowed=obtained or "another circuit")
    idle, of_driver, period, fixed = 0.0, 0.0, 0.0, dict[str, str]()
    if characterized is not None:
        fixed[f"energy per operation of {name}"] = "simulated under its default conditions"
        if scope == "system":
            m, driver = characterized.measurement, characterized.driver
            idle, period = m.idle_power_W, m.period_s
            of_driver = driver.leakage_power_W if driver else 0.0
    parts = cost.scopes[scope].energy_breakdown_J.items()
    operation = math.fsum(joule for component, joule in parts if component != IDLE_LEAKAGE)
    return CircuitEnergy(cost, prices, operation, idle, of_driver, period, fixed)


@cache
def _characterized(name: str, amplitude_V: float | None) -> Characterization:
    """Of one circuit: a table over a scenario's axes asks for it again and again."""
    return characterize(configured_at(name, amplitude_V))
