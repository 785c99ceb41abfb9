"""Results of a testbench: the measurement of one operation, and transfer curves of a circuit and its compact model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
from PySpice.Spice.Netlist import SubCircuit

from circuits.cells.devices import DeviceSubCircuit
from circuits.cells.layout import Cell, bare_netlist, subcircuits_of
from circuits.events import Event
from ipcircuit.errors import InputError, SimulationError
from ipcircuit.technology.catalog import technology
from ipcircuit.technology.record import Technology

SUM_TOLERANCE = 1e-9  # relative, of parts of an energy


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
        paid_per: event that the energy is spent for; where there are several, energy of one operation (J) by event.

    Raises:
        InputError: energies by event that do not add up to `energy_J`.
    """

    name: str
    energy_J: float
    kind: Kind = Kind.CMOS
    in_paper_scope: bool = False
    paid_per: Event | Mapping[Event, float] = Event.OPERATION

    def __post_init__(self) -> None:
        total, parts = math.fsum(self.by_event.values()), (self.energy_J, *self.by_event.values())
        if abs(total - self.energy_J) > SUM_TOLERANCE * max(map(abs, parts)):
            where = f"paid_per of {self.name}"
            raise InputError("energies by event do not add up", where=where, found=total, allowed=f"{self.energy_J} J")

    @property
    def by_event(self) -> dict[Event, float]:
        """Energy of one operation (J) by the event that it is spent for."""
        return {self.paid_per: self.energy_J} if isinstance(self.paid_per, Event) else dict(self.paid_per)

    @property
    def shares(self) -> dict[Event, float]:
        """Shares of the energy by event; without energy they are equal."""
        parts = self.by_event
        return {event: joule / self.energy_J if self.energy_J else 1 / len(parts) for event, joule in parts.items()}


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
        events_per_operation: input events, their strength and time steps of one operation, where a component is paid
            for them.
        drive_unit: input of strength 1, in words.
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
    events_per_operation: Mapping[Event, float] = field(default_factory=dict)
    drive_unit: str = ""
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
    """One transfer curve: circuit against compact model. `x` in `x_unit`; `circuit` and `compact` in `unit`.

    Attributes:
        scale: what both were divided by where the error is a relative one (SI), such as the quantity by hand.
        by_hand: `compact` is a formula by hand, not the compact model that a network uses.
    """

    curve: str
    x: np.ndarray
    x_unit: str
    circuit: np.ndarray
    compact: np.ndarray
    unit: str = field(kw_only=True)
    tolerance: float = field(kw_only=True)
    labels: tuple[str, ...] = field(default=(), kw_only=True)
    scale: np.ndarray | float = field(default=1.0, kw_only=True)
    by_hand: bool = field(default=False, kw_only=True)

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


#: Result of one copy: its measurement, or why there is none.
Measured = Measurement | InputError | SimulationError
