"""Energy of the differential neuron at other set amplitudes, simulated, and which networks are worth theirs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from energy.characterize import cost_at
from energy.compare import operation_energy
from energy.cost import SCOPES
from network.neurons.thermal_mtj.neurons import DifferentialNeuron
from network.tasks.task import BLOCKS, COLOURED

DENSITY = COLOURED / BLOCKS  # share of n-back's time steps with a pulse: what idle steps leak is shared among these


def pulse_energies(amplitudes: Iterable[float]) -> list[dict[str, Any]]:
    """One simulation of a cold neuron per amplitude (V).

    Heat is not in it: a warm junction switches sooner, and then carries less current for the rest of the pulse.

    Returns:
        Rows with `item_V`, `circuit`, `basis`, `simulator`, `density`, and `energy_per_operation_J` by scope.

    Raises:
        InputError: an amplitude that the circuit cannot have.
        SimulationError: a run failed.
    """
    circuit, rows = DifferentialNeuron.billing.circuit, []
    for volts in sorted(amplitudes):
        cost = cost_at(circuit, volts)
        rows.append(
            {
                "item_V": volts,
                "circuit": circuit,
                "basis": cost.basis,
                "simulator": cost.simulator,
                "density": DENSITY,
                "energy_per_operation_J": {scope: operation_energy(cost, scope, DENSITY) for scope in SCOPES},
            }
        )
    return rows


def pareto(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which (cost, gain) no other point beats: none is as cheap and as good, and better in one of both."""
    return [not any(c <= cost and g >= gain and (c, g) != (cost, gain) for c, g in points) for cost, gain in points]
