"""Cost of a circuit in the three accounting scopes, from what its simulations measured.

paper    the components that the circuit's source counts, and its area rule.
circuit  everything the simulated circuit draws, and its standard-cell area.
system   the same, plus a write driver sized for the simulated peak current, and the leakage of idle neurons.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from circuits.catalog import load
from circuits.copies import Columns
from circuits.events import Event
from circuits.measurement import Measurement
from circuits.parts import meant
from circuits.testbench import Testbench
from energy.area import (
    AreaEstimate,
    Transistor,
    cell_instances,
    cell_widths,
    circuit_area,
    count_devices,
    paper_area,
    system_area,
    transistors_of,
)
from energy.compare import IDLE_LEAKAGE, EventWorkload
from energy.cost import NeuronCost, OperationEvents, ScopeCost
from energy.driver import WriteDriver, driver_energy, idle_leakage_energy, size_write_driver
from ipcircuit.devices.parameter_file import ParameterFile
from ipcircuit.errors import InputError
from ipcircuit.parameters import Parameter
from ipcircuit.sampling.columns import exact_sum
from ipcircuit.spice.jobs import Progress
from ipcircuit.technology.io_devices import io_devices
from ipcircuit.technology.record import Technology

if TYPE_CHECKING:
    import pandas


class CircuitWarning(UserWarning):
    """The circuit failed to do what it was measured for; its cost is shown all the same."""


@dataclass(frozen=True)
class Characterization:
    """A cost record and the numbers behind it.

    Attributes:
        cost: the record.
        measurement: what was simulated.
        areas: area estimates by scope, with their ranges.
        driver: the write driver of the system scope; None where the input is a logic line.
    """

    cost: NeuronCost
    measurement: Measurement
    areas: Mapping[str, AreaEstimate]
    driver: WriteDriver | None

    def to_pandas(self) -> pandas.DataFrame:
        """The cost as a frame, see `energy.cost.NeuronCost.to_pandas`."""
        return self.cost.to_pandas()

    def _repr_html_(self) -> str:
        return self.cost._repr_html_()

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every constant of the accounting, once each."""
        of_driver = self.driver.parameters if self.driver else ()
        used = (*(p for area in self.areas.values() for p in area.parameters), *of_driver)
        return tuple({p.name: p for p in used}.values())


def characterize(
    testbench: Testbench, *, n_jobs: int | None = None, progress: Progress | None = None, density: float | None = None
) -> Characterization:
    """Simulate a circuit and account for it.

    Args:
        testbench: the circuit under its conditions.
        density: share of time steps with an operation, for the leakage of idle steps; None: 8.9 % (Liu et al.).

    Raises:
        InputError: conditions the circuit cannot work under.
        SimulationError: a run failed.
    """
    return account(testbench.measure(n_jobs=n_jobs, progress=progress), density)


def cost_at(
    circuit: str,
    amplitude_V: float | None = None,
    *,
    technology: Technology | None = None,
    device: ParameterFile | None = None,
    n_jobs: int | None = None,
    progress: Progress | None = None,
) -> NeuronCost:
    """Cost of the circuit that `configured_at` gives.

    Raises:
        InputError: an unknown circuit, or an amplitude that it cannot work at or does not have.
        SimulationError: a run failed.
    """
    testbench = configured_at(circuit, amplitude_V, technology=technology, device=device)
    return characterize(testbench, n_jobs=n_jobs, progress=progress).cost


def configured_at(
    circuit: str,
    amplitude_V: float | None = None,
    *,
    technology: Technology | None = None,
    device: ParameterFile | None = None,
    settings: Mapping[str, float | str] | None = None,
) -> Testbench:
    """A circuit by name, for pulses of an amplitude (None: of its own default); technology None: its own.

    Args:
        device: parameters of its device, where it has that device. settings: others, after these.

    Raises:
        InputError: an unknown circuit or setting, or an amplitude that it cannot work at or does not have.
    """
    testbench = load(circuit)
    chosen: dict[str, Any] = {} if amplitude_V is None else {"amplitude": amplitude_V}
    chosen |= settings or {}
    if device is not None and meant(getattr(testbench, "parts", ()), device):
        chosen["device"] = device
    return testbench.configured(technology=technology, **chosen)


def account(m: Measurement, density: float | None = None) -> Characterization:
    """Cost of a measurement; its warnings are also raised as `CircuitWarning`."""
    for text in m.warnings:
        warnings.warn(f"{m.circuit}: {text}", CircuitWarning, stacklevel=2)
    return cost_record(m, density)


def cost_record(
    m: Measurement,
    density: float | None = None,
    driver: WriteDriver | None = None,
) -> Characterization:
    """Cost of a measurement, as `account` but silent.

    Args:
        driver: that of the design, for a random copy; None: sized for the measured current.
    """
    share = EventWorkload().density if density is None else density
    driver = driver or _driver(m)
    transistors = transistors_of(m.neuron_netlist, leaves=tuple(m.device_subcircuits), technology=m.technology)
    areas, energies = _areas(m, transistors, driver), _energies(m, driver, share)
    scopes = {scope: _scope(energies[scope], areas[scope], m.spikes_per_operation) for scope in energies}
    conditions = {**m.conditions, "density": share, **({"driver_supply_V": driver.supply_V} if driver else {})}
    cost = NeuronCost(
        m.circuit,
        "simulated",
        m.simulator,
        conditions,
        len(transistors),
        _devices(m),
        m.latency_s,
        m.spread,
        scopes,
        m.warnings,
        _details(m),
        m.notes,
        operation_events(m, driver),
    )
    return Characterization(cost, m, areas, driver)


def operation_events(m: Measurement, driver: WriteDriver | None) -> OperationEvents:
    """Events of the simulated operation; a write driver is paid for as the pulses that it drives.

    What is paid per output spike is paid per operation where there was none.

    Raises InputError: a component is paid for an event of which the measurement states no number.
    """
    spikes = {Event.SPIKE: m.spikes_per_operation} if m.spikes_per_operation else {}
    counts = {**spikes, **m.events_per_operation}
    shares = {c.name: c.shares for c in m.components if c.paid_per is not Event.OPERATION}
    if not spikes:
        shares = {name: by_event for name, by_event in shares.items() if Event.SPIKE not in by_event}
    if driver and Event.INPUT in counts:
        shares |= {name: {Event.INPUT: 1.0} for name in _of_driver(m, driver)}
    return OperationEvents(m.period_s, _idle_W(m, driver), counts, shares, m.drive_unit)


def scope_energies(m: Measurement | Columns, driver: WriteDriver | None) -> dict[str, tuple[Any, Any]]:
    """Energy per operation and per spike (J) by scope: those of `cost_record`, without the rest of it.

    Args:
        m: a copy, or many, whose energies are arrays; NaN per spike where a copy never fires.
        driver: of the design; None: sized for the measured current, of one copy.

    Raises:
        InputError: one is negative or not finite.
    """
    driver = driver or (_driver(m) if isinstance(m, Measurement) else None)
    energies = _energies(m, driver, EventWorkload().density)
    found = {scope: _totals(parts, m.spikes_per_operation) for scope, parts in energies.items()}
    silent = isinstance(m, Columns) and np.isnan(m.spikes_per_operation)
    for total, per_spike in found.values():
        for value, may_lack in ((total, False), (per_spike, silent)):
            if value is not None and not np.all((value >= 0) & (value < math.inf) | may_lack):
                raise InputError("energy out of range", where=m.circuit, found=value, allowed="finite, at least 0")
    return found


def _driver(m: Measurement) -> WriteDriver | None:
    """Write driver for the measured current; none where the input is a logic line."""
    if m.pulse_input is None:
        return None
    return size_write_driver(m.pulse_input.peak_current_A, m.pulse_input.peak_voltage_V, io_devices(m.technology))


def _details(m: Measurement) -> dict[str, float]:
    """Further results, and the hand calculation of the energy per spike."""
    if not m.estimate_J:
        return dict(m.details)
    analytic = {**m.estimate_J, "energy per spike": math.fsum(m.estimate_J.values())}
    return {**m.details, **{f"on paper: {name}, J": value for name, value in analytic.items()}}


def _devices(m: Measurement) -> dict[str, int]:
    """Devices by kind; several subcircuits may be of one kind."""
    counts = count_devices(m.neuron_netlist, leaves=tuple(m.device_subcircuits), technology=m.technology)
    kinds = dict.fromkeys(m.device_subcircuits.values())
    return {kind: sum(counts[name] for name, of in m.device_subcircuits.items() if of == kind) for kind in kinds}


def _areas(m: Measurement, transistors: Sequence[Transistor], driver: WriteDriver | None) -> dict[str, AreaEstimate]:
    cells, widths = cell_instances(transistors, m.cell_widths), cell_widths(transistors, m.cell_widths)
    circuit = circuit_area(cells, widths, m.device_diameters_m, m.overlay_um2, m.technology)
    additions, used = ({"write_driver": driver.area_um2}, driver.parameters) if driver else ({}, ())
    return {
        "paper": paper_area(len(transistors), m.device_diameters_m, m.technology),
        "circuit": circuit,
        "system": system_area(circuit, additions, used),
    }


def _energies(m: Measurement | Columns, driver: WriteDriver | None, density: float) -> dict[str, dict[str, Any]]:
    """Energy per operation (J) by scope and component."""
    return {
        "paper": m.paper_energy_J,
        "circuit": m.energy_J,
        "system": {
            **m.energy_J,
            **_of_driver(m, driver),
            IDLE_LEAKAGE: idle_leakage_energy(_idle_W(m, driver), m.period_s, density),
        },
    }


def _of_driver(m: Measurement | Columns, driver: WriteDriver | None) -> dict[str, Any]:
    """What a write driver adds to an operation, J."""
    pulse = m.pulse_input
    of_driver = driver_energy(driver, pulse.charge_C, pulse.energy_J) if driver and pulse else {}
    return {f"driver {name}": value for name, value in of_driver.items()}


def _idle_W(m: Measurement | Columns, driver: WriteDriver | None) -> float:
    """Power of an idle neuron and its driver."""
    return m.idle_power_W + (driver.leakage_power_W if driver else 0.0)


def _scope(energy: Mapping[str, float], area: AreaEstimate, spikes: float | None) -> ScopeCost:
    """Cost in one scope."""
    return ScopeCost(*_totals(energy, spikes), area.total_um2, energy, area.breakdown_um2)


def _totals(energy: Mapping[str, Any], spikes: Any) -> tuple[Any, Any]:
    """Energy per operation and per spike; without any component (the source counts none) there is none."""
    total = exact_sum(energy.values()) if energy else None
    return total, None if total is None or spikes is None else total / spikes
