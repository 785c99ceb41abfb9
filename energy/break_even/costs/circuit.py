"""A circuit as a function of its parameters: energy of its operations and events, and power between them.

The values as designed are those of a simulation. How they move with the circuit's parameters says its surrogate, where
there is one that is current; without one the circuit is held as simulated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property
from typing import Any

from energy.break_even.surrogates.surrogate import Operation, Surrogate, surrogate_of
from energy.characterize import Characterization, characterize, configured_at
from energy.compare import IDLE_LEAKAGE, published_cost
from energy.constants import PUBLISHED_OPERATION
from energy.cost import NeuronCost
from energy.driver import idle_leakage_energy
from energy.event_prices import EventCounts, EventPrices, event_prices
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter, Reader

PUBLISHED = "published"  # the differential neuron as its source states it
AMPLITUDE = "amplitude"  # coordinate of a surrogate


@dataclass(frozen=True)
class CircuitPoint:
    """A circuit with values of its parameters: numbers, or arrays of one shape.

    Attributes:
        moved: energy of an operation over that as simulated; the prices of all events go with it.
        operation_J: energy per operation without leakage between operations.
        idle_W, driver_idle_W: power between operations, of the circuit alone and of its write driver; 0 in a scope that
            counts none.
        period_s: of an operation. prices: of its events as simulated.
    """

    moved: Any
    operation_J: Any
    idle_W: Any
    driver_idle_W: Any
    period_s: float
    prices: EventPrices

    def idle_power(self, neurons_per_driver: int = 1) -> Any:
        """Power of a neuron between operations, W."""
        return self.idle_W + self.driver_idle_W / neurons_per_driver

    def operation(self, density: Any, neurons_per_driver: int = 1) -> Any:
        """Energy per operation at a share of active inputs, J, leakage of the idle ones included."""
        if not self.period_s:
            return self.operation_J
        return self.operation_J + idle_leakage_energy(self.idle_power(neurons_per_driver), self.period_s, density)

    def events(self, counts: EventCounts, neurons_per_driver: int = 1) -> Any:
        """Energy of events, J, at their prices; what they wait at the power between operations.

        Raises:
            InputError: the number of operations is not known, and they have a price.
        """
        energies = self.prices.energies_J(counts)
        if energies is None:
            raise InputError("the number of operations is not known", where=self.prices.circuit)
        energies.pop("idle_W", None)
        return sum(energies.values()) * self.moved + counts.idle_s * self.idle_power(neurons_per_driver)


@dataclass(frozen=True)
class CircuitEnergy:
    """Energies of a circuit in one scope.

    Attributes:
        cost: the record. designed: the circuit as simulated.
        surrogate: how it moves; None: it is held fixed.
        amplitude_V: of its pulses; None: that of its default conditions.
        suffix: of the names of its parameters, where another circuit has the same.
        fixed: reasons by name of what is held fixed.
    """

    cost: NeuronCost
    designed: CircuitPoint
    scope: str
    surrogate: Surrogate | None
    amplitude_V: float | None
    suffix: str
    fixed: Mapping[str, str]

    def at(self, read: Reader) -> CircuitPoint:
        """The circuit with its parameters as they are read.

        Raises:
            InputError: values outside the range in which the surrogate holds.
        """
        if self.cost.basis == PUBLISHED:
            return replace(self.designed, operation_J=read(PUBLISHED_OPERATION))
        if self.surrogate is None:
            return self.designed
        columns = {p.name: read(self._called(p)) for p in self.surrogate.parameters}
        if AMPLITUDE in columns:  # a driver that is off is off by the same share at each amplitude
            columns[AMPLITUDE] = columns[AMPLITUDE] * self._times
        now, then, one = self.surrogate.operation(self.scope, columns), self._design, self.designed
        moved = now.energy_J / then.energy_J
        idle = one.idle_W * (now.idle_W / then.idle_W if then.idle_W else 1.0)
        driver = one.driver_idle_W * (now.driver_idle_W / then.driver_idle_W if then.driver_idle_W else 1.0)
        return CircuitPoint(moved, one.operation_J * moved, idle, driver, one.period_s, one.prices)

    @property
    def _times(self) -> float:
        """This amplitude over that of the design."""
        assert self.surrogate is not None
        own = self.surrogate.design[AMPLITUDE]
        return 1.0 if self.amplitude_V is None else self.amplitude_V / own

    @cached_property
    def _design(self) -> Operation:
        assert self.surrogate is not None
        own = {name: value for name, value in self.surrogate.design.items() if name == AMPLITUDE}
        return self.surrogate.operation(self.scope, {name: value * self._times for name, value in own.items()})

    def _called(self, parameter: Parameter) -> Parameter:
        if not self.suffix:
            return parameter
        label = parameter.label and f"{parameter.label}{self.suffix}"
        return replace(parameter, name=f"{parameter.name}{self.suffix}", label=label)


def circuit_energy(name: str, scope: str, amplitude_V: float | None = None, *, of_device: bool = True) -> CircuitEnergy:
    """Energies of a circuit by name, or of the published differential neuron (`PUBLISHED`), in a scope.

    Args:
        amplitude_V: of its pulses; None: that of its default conditions.
        of_device: its parameters have their plain names; else with the circuit's.

    Raises:
        InputError: an unknown circuit, an amplitude that it cannot work at, or a scope that was not obtained.
        SimulationError: the simulation failed.
    """
    characterized = None if name == PUBLISHED else _characterized(name, amplitude_V)
    record = published_cost() if characterized is None else characterized.cost
    prices = event_prices(record)[scope]
    if not prices.obtained:
        obtained = ", ".join(s for s, one in record.scopes.items() if one.energy_per_operation_J is not None)
        called = "the published cost" if name == PUBLISHED else name
        text = f"{called} has no energy in this scope"
        raise InputError(text, where="scope", found=scope, allowed=obtained or "another circuit")
    idle, of_driver, period = 0.0, 0.0, 0.0
    if characterized is not None and scope == "system":
        m, driver = characterized.measurement, characterized.driver
        idle, period = m.idle_power_W, m.period_s
        of_driver = driver.leakage_power_W if driver else 0.0
    parts = record.scopes[scope].energy_breakdown_J.items()
    operation = math.fsum(joule for component, joule in parts if component != IDLE_LEAKAGE)
    designed = CircuitPoint(1.0, operation, idle, of_driver, period, prices)
    surrogate, why = (None, "") if characterized is None else _moving(name, scope, amplitude_V)
    fixed = {f"energy per operation of {name}": f"as simulated: {why}"} if why else {}
    if scope == "system" and characterized is not None and characterized.driver:
        fixed[f"write driver of {name}"] = "sized for the circuit's pulse; the figures of its transistors have no range"
    suffix = "" if of_device else f" of {name}"
    return CircuitEnergy(record, designed, scope, surrogate, amplitude_V, suffix, fixed)


def _moving(name: str, scope: str, amplitude_V: float | None) -> tuple[Surrogate | None, str]:
    """The surrogate of a circuit; or None, and why there is none."""
    surrogate, why = _surrogate(name)
    if surrogate is None:
        return None, why
    volts = {} if amplitude_V is None or AMPLITUDE not in surrogate.design else {AMPLITUDE: amplitude_V}
    try:
        surrogate.operation(scope, volts)
    except InputError as error:
        return None, str(error)
    return surrogate, ""


@cache
def _surrogate(name: str) -> tuple[Surrogate | None, str]:
    try:
        return surrogate_of(name), ""
    except InputError as error:
        return None, str(error)


@cache
def _characterized(name: str, amplitude_V: float | None) -> Characterization:
    """Of one circuit: a table over a scenario's axes asks for it again and again."""
    return characterize(configured_at(name, amplitude_V))
