"""A simulated circuit as a function of its parameters: energy per operation, and power between operations."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from energy.characterize import Characterization, characterize, configured_at
from energy.compare import IDLE_LEAKAGE, published_cost
from energy.constants import PUBLISHED_OPERATION
from energy.cost import NeuronCost
from energy.driver import idle_leakage_energy
from ipcircuit.errors import InputError
from ipcircuit.parameters import Reader

PUBLISHED = "published"  # the differential neuron as its source states it
AS_SIMULATED = "simulated under its default conditions"


@dataclass(frozen=True)
class CircuitEnergy:
    """Energies of a circuit under its default conditions.

    Attributes:
        cost: the record.
        components_J: of the chosen scope per operation, without leakage.
        idle_W, driver_idle_W: power between operations, of the circuit alone and of its write driver; 0 in a scope that
            counts none.
        period_s: of an operation.
        fixed: reasons by name of what is held fixed.
    """

    cost: NeuronCost
    components_J: Mapping[str, float]
    idle_W: float
    driver_idle_W: float
    period_s: float
    fixed: Mapping[str, str]

    def idle_power(self, read: Reader, neurons_per_driver: int) -> Any:
        """Power of a neuron between operations, W."""
        return self.idle_W + self.driver_idle_W / neurons_per_driver

    def operation(self, read: Reader, density: Any, neurons_per_driver: int = 1) -> Any:
        """Energy per operation at a share of active inputs, J, leakage of the idle ones included."""
        if self.cost.basis == PUBLISHED:
            return read(PUBLISHED_OPERATION)
        energy, power = sum(self.components_J.values()), self.idle_power(read, neurons_per_driver)
        return energy + (idle_leakage_energy(power, self.period_s, density) if self.period_s else 0.0)


def circuit_energy(name: str, scope: str) -> CircuitEnergy:
    """Energies of a circuit by name, or of the published differential neuron (`PUBLISHED`), in a scope.

    Raises:
        InputError: an unknown circuit, or a scope that was not obtained.
        SimulationError: the simulation failed.
    """
    if name == PUBLISHED:
        cost, characterized = published_cost(), None
    else:
        characterized = _characterized(name)
        cost = characterized.cost
    if cost.scopes[scope].energy_per_operation_J is None:
        obtained = ", ".join(s for s, one in cost.scopes.items() if one.energy_per_operation_J is not None)
        text = f"{_called(name)} has no energy in this scope"
        raise InputError(text, where="scope", found=scope, allowed=obtained or "another circuit")
    parts = {n: e for n, e in cost.scopes[scope].energy_breakdown_J.items() if n != IDLE_LEAKAGE}
    if characterized is None or cost.events is None or scope != "system":
        fixed = {} if characterized is None else {f"energy per operation of {name}": AS_SIMULATED}
        return CircuitEnergy(cost, parts, 0.0, 0.0, 0.0, fixed)
    driver = characterized.driver.leakage_power_W if characterized.driver else 0.0
    idle, period = characterized.measurement.idle_power_W, characterized.measurement.period_s
    return CircuitEnergy(cost, parts, idle, driver, period, {f"energy per operation of {name}": AS_SIMULATED})


def _called(name: str) -> str:
    return "the published cost" if name == PUBLISHED else name


@cache
def _characterized(name: str) -> Characterization:
    """Of one name: a table over a scenario's axes asks for it again and again."""
    return characterize(configured_at(name))
