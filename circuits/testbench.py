"""What any circuit offers to the rest of the project: to be configured, measured, checked and written as a deck.

A user's own testbench derives from `Testbench` or has its methods; nothing else in the project asks what kind of
neuron it is.
"""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from operator import attrgetter
from typing import Any, Protocol, Self, runtime_checkable

from circuits.conditions import Conditions, Fidelity
from circuits.measurement import CurveCheck, Measurement
from circuits.memory import Trace
from circuits.parts import Part, replaced, with_parameters_of
from ipcircuit.declaration.ambient import AmbientWarning, NotModelled
from ipcircuit.declaration.device import Device
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError
from ipcircuit.parameters import Variation
from ipcircuit.sampling import Sample
from ipcircuit.spice.jobs import Job, Progress, Result, simulate_all
from ipcircuit.technology.record import Technology
from ipcircuit.units import NOMINAL_C


@dataclass(frozen=True)
class Settings:
    """Names that `Testbench.configured` takes, and how a testbench with other values of them is made.

    Attributes:
        read: values of a testbench, by name, for listings.
        words: of the settings that are words, what they may be; all others are numbers.
    """

    names: tuple[str, ...]
    apply: Callable[[Any, Mapping[str, Any]], Any]
    read: Callable[[Any], Mapping[str, Any]] = lambda testbench: {}
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

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

    def values(self, testbench: Any) -> dict[str, float | str | None]:
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
    def traces(self) -> tuple[Trace, ...]:
        """What an input leaves behind in the circuit for the next one to find; empty: not stated."""
        return ()

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
        **overrides: float | str,
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

    def with_settings(self, **overrides: float | str) -> Self:
        """The same circuit under the same conditions, with other values of its `settings`; raises as `configured`."""
        self._check_names(overrides)
        return self.at_ambient(NOMINAL_C)._overridden(overrides).at_ambient(self.conditions.temperature_C)

    def _overridden(self, overrides: Mapping[str, float | str]) -> Self:
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

    def _check_names(self, overrides: Mapping[str, float | str]) -> None:
        groups = self.settings
        names = [name for group in groups for name in group.names]
        words = {name: allowed for group in groups for name, allowed in group.words.items()}
        for name, value in overrides.items():
            if name not in names:
                message = f"circuit {self.name} has no parameter of this name"
                raise InputError(message, where="--set", found=name, allowed=", ".join(names))
            if name in words and value not in words[name]:
                raise InputError("unknown word", where=f"--set {name}", found=value, allowed=", ".join(words[name]))
            if name not in words and isinstance(value, str):
                where, allowed = f"--set {name}", "a finite number in SI units"
                raise InputError("not a number", where=where, found=value, allowed=allowed)

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


@runtime_checkable
class SampledTestbench(Protocol):
    """A testbench of which random copies can be simulated.

    It may have a method ``measure_copies(samples) -> Sequence[Measured] | None`` that simulates several faster than one
    by one, with the same results; None where it does not. And a method ``margin_prediction(names, n_jobs=None)``: None,
    or a function that predicts the margins (V) of copies, shape (n,), from their standard normal deviates of these
    names, shape (n, names), for the choice of copies that may fail; what it takes is simulated when it is first called.
    """

    @property
    def variations(self) -> Mapping[str, tuple[Variation, ...]]:
        """What varies, by device; beside it every transistor's threshold does (`ipcircuit.technology.mismatch`)."""
        ...

    def sampled(self, sample: Sample) -> Testbench:
        """A random copy of the circuit, under the drive and references of the design."""
        ...
