"""What any circuit offers to the rest of the project: to be configured, measured, checked and written as a deck.

A user's own testbench derives from `Testbench` or has its methods; nothing else in the project asks what kind of
neuron it is.
"""

from __future__ import annotations

import math
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import Cell, bare_netlist, subcircuits_of
from circuits.conditions import Conditions, Fidelity
from circuits.parts import Part, replaced, with_parameters_of
from ipcircuit.declaration.ambient import AmbientWarning, NotModelled
from ipcircuit.declaration.device import Device
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.record import Technology
from ipcircuit.units import NOMINAL_C


class Kind(StrEnum):
    """Kind of a component that energy goes to."""

    DEVICE = "device"  # the emerging device itself
    DIVIDER = "divider"  # what is in series with it to read it
    CMOS = "cmos"


@dataclass(frozen=True)
class Component:
    """Energy (J) of one operation in one part of a circuit.

    Attributes:
        in_paper_scope: whether the circuit's published source counts it.
    """

    name: str
    energy_J: float
    kind: Kind = Kind.CMOS
    in_paper_scope: bool = False


@dataclass(frozen=True)
class PulseInput:
    """Largest current (A) and voltage (V), charge (C) and energy (J) of one operation at an analog input."""

    charge_C: float
    energy_J: float
    peak_current_A: float
    peak_voltage_V: float


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """Result of the simulations of one circuit; the energy module turns it into a cost record.

    Attributes:
        circuit, simulator: names, the simulator with its version.
        conditions: what was set, by name with unit.
        components: expected energy per operation.
        neuron: the circuit alone, for counting transistors, devices and cells.
        spikes_per_operation: expected output spikes per operation; None when it never fires.
        latency_s: start of an operation to valid outputs; None when not obtained.
        period_s: length of one operation.
        idle_power_W: supply power of an idle neuron.
        pulse_input: for sizing a write driver; None: the input is a logic line, which needs none.
        device_diameters_m: of round devices above the logic, for their own area.
        overlay_um2: area of what else lies above the logic, by component.
        details: further results worth showing, by name with unit.
        estimate_J: energy per spike by a hand calculation, by contribution; empty without one.
        spread: sampled uncertainty by quantity, if sampled.
        warnings: in which way the circuit did not work, a sentence each.
        margin_V: smallest distance from a wrong decision, negative of one; None: the circuit states none.
        technology: what it was simulated in; `Testbench.measure` fills it in.
        notes: what the simulation leaves out under its conditions (`Testbench.notes`); it fills these in, too.
    """

    circuit: str
    simulator: str
    conditions: Mapping[str, float | str]
    components: tuple[Component, ...]
    neuron: SubCircuit = field(repr=False)
    spikes_per_operation: float | None
    latency_s: float | None
    period_s: float
    idle_power_W: float
    pulse_input: PulseInput | None = None
    device_diameters_m: tuple[float, ...] = ()
    overlay_um2: Mapping[str, float] = field(default_factory=dict)
    details: Mapping[str, float] = field(default_factory=dict)
    estimate_J: Mapping[str, float] = field(default_factory=dict)
    spread: Mapping[str, float] | None = None
    warnings: tuple[str, ...] = ()
    margin_V: float | None = None
    technology: Technology = field(default_factory=technology)
    notes: tuple[str, ...] = ()

    @property
    def energy_J(self) -> dict[str, float]:
        """Expected energy per operation by component."""
        return {c.name: c.energy_J for c in self.components}

    @property
    def paper_energy_J(self) -> dict[str, float]:
        """The same of what the circuit's published source counts."""
        return {c.name: c.energy_J for c in self.components if c.in_paper_scope}

    def energy_of(self, kind: Kind) -> float:
        """Expected energy per operation (J) of all components of a kind."""
        return math.fsum(c.energy_J for c in self.components if c.kind is kind)

    @cached_property
    def neuron_netlist(self) -> str:
        """One instance of the neuron without sources or loads."""
        return bare_netlist(self.neuron)

    @property
    def device_subcircuits(self) -> dict[str, str]:
        """Subcircuits of the neuron that are devices: name to device."""
        inner = subcircuits_of(self.neuron)
        return {str(s.name): s.device.name for s in inner if isinstance(s, DeviceSubCircuit)}

    @property
    def cell_widths(self) -> dict[str, float]:
        """Layout width of the neuron's cells by name, contacted poly pitches."""
        return {str(s.name): s.width_cpp for s in subcircuits_of(self.neuron) if isinstance(s, Cell)}


@dataclass(frozen=True)
class CurveCheck:
    """One transfer curve: circuit against compact model. `x` in `x_unit`; `circuit` and `compact` in `unit`."""

    curve: str
    x: np.ndarray
    x_unit: str
    circuit: np.ndarray
    compact: np.ndarray
    unit: str = field(kw_only=True)
    tolerance: float = field(kw_only=True)
    labels: tuple[str, ...] = field(default=(), kw_only=True)

    @property
    def max_error(self) -> float:
        """Largest difference of both."""
        return float(np.abs(np.asarray(self.circuit) - np.asarray(self.compact)).max())

    @property
    def rms_error(self) -> float:
        """Root mean square of the difference."""
        return float(np.sqrt(np.mean((np.asarray(self.circuit) - np.asarray(self.compact)) ** 2)))

    @property
    def passed(self) -> bool:
        """The largest error is within `tolerance`; NaN is not."""
        return self.max_error <= self.tolerance


@dataclass(frozen=True)
class Settings:
    """Names that `Testbench.configured` takes, and how a testbench with other values of them is made.

    Attributes:
        read: values of a testbench, by name, for listings.
    """

    names: tuple[str, ...]
    apply: Callable[[Any, Mapping[str, float]], Any]
    read: Callable[[Any], Mapping[str, float]] = lambda testbench: {}

    @classmethod
    def of(cls, path: str, *names: str) -> Settings:
        """Fields of the record at a dotted path below the testbench, ``""`` for itself."""
        return cls(
            names,
            lambda testbench, values: replaced(testbench, path, values),
            lambda testbench: {
                name: getattr(attrgetter(path)(testbench) if path else testbench, name) for name in names
            },
        )

    def values(self, testbench: Any) -> dict[str, float | None]:
        """Values of a testbench, by name; None where the circuit decides."""
        known = self.read(testbench)
        return {name: known.get(name) for name in self.names}


def numeric_fields(record: Any) -> tuple[str, ...]:
    """Names of a dataclass's fields that are declared ``float``."""
    return tuple(f.name for f in fields(record) if f.type in ("float", float))


@dataclass(frozen=True)
class Testbench(ABC):
    """A circuit under conditions: what is simulated, what is measured, which curves are compared.

    A subclass is a frozen dataclass, too. Beside the abstract methods it may have `settings` of its own, and, for
    Monte Carlo runs, the methods of `SampledTestbench`.
    """

    conditions: Conditions = field(default_factory=Conditions, kw_only=True)

    @property
    @abstractmethod
    def name(self) -> str:
        """Name for lists, results and messages."""

    @property
    @abstractmethod
    def summary(self) -> str:
        """The circuit in one line."""

    @property
    def settings(self) -> tuple[Settings, ...]:
        """What `configured` can override, in the order in which messages list it."""
        return (Settings.of("conditions", "v_dd", "output_load_F"),)

    @property
    def published(self) -> Mapping[str, float]:
        """Energy per operation and area that the circuit's source states, by the names that they have in a cost."""
        return {}

    @property
    def parts(self) -> tuple[Part, ...]:
        """Devices that take the parameters of a file: those that are fields of the testbench itself."""
        return tuple(Part.of(self, f.name) for f in fields(self) if isinstance(getattr(self, f.name), Device))

    @abstractmethod
    def jobs(self) -> Sequence[Job]:
        """What `measure` simulates; the first one's deck prints the energy per operation."""

    @abstractmethod
    def evaluate(self, results: Sequence[Result]) -> Measurement:
        """Measurement from the results of `jobs`, in their order."""

    @abstractmethod
    def check(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Sequence[CurveCheck]:
        """Transfer curves of the circuit against its compact model, or against a hand calculation."""

    def configured(
        self,
        *,
        technology: Technology | None = None,
        corner: str = "tt",
        temperature_C: float = 27.0,
        device: ParameterFile | None = None,
        **overrides: float,
    ) -> Self:
        """The same circuit under other conditions, with other values of its `settings`.

        Args:
            technology: None: that which it has; in another one its supply is as much higher as the nominal one.
            device: parameters of its device, before the overrides.

        Raises:
            InputError: an unknown name, or an impossible value; a temperature at which a device's law does not hold.

        Warns of devices that do not model the temperature (`AmbientWarning`).
        """
        self._check_names(overrides)
        testbench = self.at_ambient(NOMINAL_C)  # files and overrides state values at 27 °C
        testbench = testbench if technology is None else testbench.in_technology(technology)
        conditions = replace(testbench.conditions, corner=corner, temperature_C=temperature_C)
        conditions.technology.models(corner)  # what is wrong with a card is said before anything is simulated
        testbench = replace(testbench, conditions=conditions)
        if device is not None:
            testbench = with_parameters_of(replaced(testbench, "conditions", {"device": device.label}), device)
        testbench = testbench._overridden(overrides)
        for note in testbench.notes:
            warnings.warn(f"{testbench.name}: {note}", AmbientWarning, stacklevel=2)
        return testbench.at_ambient(temperature_C)

    def with_settings(self, **overrides: float) -> Self:
        """The same circuit under the same conditions, with other values of its `settings`; raises as `configured`."""
        self._check_names(overrides)
        return self.at_ambient(NOMINAL_C)._overridden(overrides).at_ambient(self.conditions.temperature_C)

    def _overridden(self, overrides: Mapping[str, float]) -> Self:
        testbench = self
        for group in self.settings:
            values = {name: overrides[name] for name in group.names if name in overrides}
            if values:
                testbench = group.apply(testbench, values)
        return testbench

    def at_ambient(self, temperature_C: float) -> Self:
        """The same circuit with its devices at an ambient temperature (°C), by the laws that they declare.

        Here its `parts` change. A circuit whose levels and drive follow from its devices overrides this, so that they
        stay as designed for 27 °C.
        """
        testbench = self
        for part in self.parts:
            device = part.device.at_ambient(temperature_C)
            testbench = testbench if device is part.device else part.put(testbench, device)
        return testbench

    @property
    def declared_devices(self) -> tuple[Device, ...]:
        """Devices of the circuit, once each: of its `parts`."""
        return tuple({part.device.name: part.device for part in self.parts}.values())

    @property
    def notes(self) -> tuple[str, ...]:
        """What the simulation leaves out under these conditions, a sentence each: devices without a law of temperature.

        Nothing at 27 °C, at which parameters are stated.
        """
        if self.conditions.temperature_C == NOMINAL_C:
            return ()
        return tuple(
            f"device {device.name} is as at {NOMINAL_C:g} °C, its temperature is not modelled: {device.ambient.reason}"
            for device in self.declared_devices
            if isinstance(device.ambient, NotModelled)
        )

    def _check_names(self, overrides: Mapping[str, float]) -> None:
        names = [name for group in self.settings for name in group.names]
        for name in overrides:
            if name not in names:
                message = f"circuit {self.name} has no parameter of this name"
                raise InputError(message, where="--set", found=name, allowed=", ".join(names))

    def at_fidelity(self, fidelity: Fidelity) -> Self:
        """The same circuit, simulated with another effort."""
        return replace(self, conditions=replace(self.conditions, fidelity=Fidelity(fidelity)))

    def in_technology(self, technology: Technology) -> Self:
        """The same circuit in another technology, its supply scaled with the nominal one (`Conditions.supply_in`)."""
        conditions = self.conditions
        v_dd = conditions.supply_in(technology, conditions.v_dd)
        return replace(self, conditions=replace(conditions, technology=technology, v_dd=v_dd))

    def measure(self, *, n_jobs: int | None = None, progress: Progress | None = None) -> Measurement:
        """Simulate one operation and what a cost record needs."""
        measurement = self.evaluate(simulate_all(self.jobs(), n_jobs=n_jobs, progress=progress))
        return replace(measurement, technology=self.conditions.technology, notes=self.notes)

    def netlist(self) -> str:
        """A complete deck that ``ngspice -b`` runs as it is and that prints the energy per operation."""
        return self.jobs()[0].deck


#: Result of one copy: its measurement, or why there is none.
Measured = Measurement | InputError | SimulationError


@runtime_checkable
class SampledTestbench(Protocol):
    """A testbench of which random copies can be simulated.

    It may have a method ``measure_copies(samples) -> Sequence[Measured] | None`` that simulates several faster than one
    by one, with the same results; None where it does not.
    """

    @property
    def variations(self) -> Mapping[str, tuple[Variation, ...]]:
        """What varies, by device; beside it every transistor's threshold does (`ipcircuit.technology.mismatch`)."""
        ...

    def sampled(self, sample: Sample) -> Testbench:
        """A random copy of the circuit, under the drive and references of the design."""
        ...
