"""From what a circuit's simulations measured to its cost record in the three accounting scopes.

paper    the components that the circuit's source counts, and its area rule.
circuit  all that the simulated circuit draws, and its standard-cell area.
system   the same, plus a write driver sized for the simulated peak current, and the leakage of idle neurons.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass

from circuits.testbench import Measurement, Testbench
from energy.area import (
    AreaEstimate,
    cell_instances,
    circuit_area,
    count_devices,
    paper_area,
    system_area,
    transistors_of,
    with_overlay,
)
from energy.compare import IDLE_LEAKAGE, EventWorkload
from energy.cost import NeuronCost, ScopeCost
from energy.driver import WriteDriver, driver_energy, idle_leakage_energy, size_write_driver
from ipcircuit.parameters import Parameter
from ipcircuit.spice.jobs import Progress


class CircuitWarning(UserWarning):
    """The circuit did not do what its cost is of."""


@dataclass(frozen=True)
class Characterization:
    """A cost record with what stands behind it.

    Attributes:
        cost: the record.
        measurement: what was simulated.
        areas: area estimates by scope, with their ranges.
        driver: the sized write driver of the system scope; None where the input is a logic line.
    """

    cost: NeuronCost
    measurement: Measurement
    areas: Mapping[str, AreaEstimate]
    driver: WriteDriver | None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every constant of the accounting, for the report's list of assumptions."""
        found = {p.name: p for area in self.areas.values() for p in area.parameters}
        sized = () if self.driver is None else self.driver.parameters
        return tuple({**found, **{p.name: p for p in sized}}.values())


def characterize(
    testbench: Testbench, *, n_jobs: int | None = None, progress: Progress | None = None, density: float | None = None
) -> Characterization:
    """Simulate a circuit and account for it.

    Args:
        testbench: the circuit under its conditions.
        density: share of time steps with an operation, for the leakage of idle steps; default the seed's 8.9 %.

    Raises:
        InputError: conditions the circuit cannot work under.
        SimulationError: a run failed.
    """
    return account(testbench.measure(n_jobs=n_jobs, progress=progress), density)


def account(m: Measurement, density: float | None = None) -> Characterization:
    """The cost record of a measurement; what it warns of is also raised as `CircuitWarning`, whoever asks."""
    for text in m.warnings:
        warnings.warn(f"{m.circuit}: {text}", CircuitWarning, stacklevel=2)
    return cost_record(m, density)


def cost_record(m: Measurement, density: float | None = None, driver: WriteDriver | None = None) -> Characterization:
    """As `account`, without a word.

    Args:
        driver: that of the design, for a random copy; None: sized for the measured current.
    """
    share = EventWorkload().density if density is None else density
    leaves = tuple(m.device_subcircuits)
    transistors = transistors_of(m.neuron_netlist, leaves=leaves)
    found = count_devices(m.neuron_netlist, leaves=leaves)
    devices = {kind: sum(found[n] for n, k in m.device_subcircuits.items() if k == kind) for kind in _kinds(m)}
    if driver is None and m.peak_current_A is not None:
        driver = size_write_driver(m.peak_current_A, m.peak_voltage_V)
    circuit = with_overlay(circuit_area(cell_instances(transistors), m.device_diameters_m), m.overlay_um2)
    areas = {
        "paper": paper_area(len(transistors), m.device_diameters_m),
        "circuit": circuit,
        "system": system_area(
            circuit, {"write_driver": driver.area_um2} if driver else {}, driver.parameters if driver else ()
        ),
    }
    paper = {name: m.energy_J[name] for name in m.paper_components}
    extra = driver_energy(driver, m.input_charge_C, m.input_energy_J) if driver else {}
    idle = idle_leakage_energy(m.idle_power_W + (driver.leakage_power_W if driver else 0.0), m.period_s, share)
    system = {**m.energy_J, **{f"driver {k}": v for k, v in extra.items()}, IDLE_LEAKAGE: idle}
    energies = {"paper": paper, "circuit": dict(m.energy_J), "system": system}
    scopes = {scope: _scope(energies[scope], areas[scope], m.spikes_per_operation) for scope in energies}
    conditions = {**m.conditions, "density": share, **({"driver_supply_V": driver.supply_V} if driver else {})}
    cost = NeuronCost(
        m.circuit,
        "simulated",
        m.simulator,
        conditions,
        len(transistors),
        devices,
        m.latency_s,
        m.spread,
        scopes,
        m.warnings,
    )
    return Characterization(cost, m, areas, driver)


def _kinds(m: Measurement) -> list[str]:
    return list(dict.fromkeys(m.device_subcircuits.values()))


def _scope(energy: Mapping[str, float], area: AreaEstimate, spikes: float | None) -> ScopeCost:
    total = math.fsum(energy.values())
    return ScopeCost(total, None if spikes is None else total / spikes, area.total_um2, energy, area.breakdown_um2)
