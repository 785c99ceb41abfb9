"""Recurrent memory on a digital chip, as a function of the table's energies and of the scale to another node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.constants import NODE_SCALE
from energy.digital import RecurrentCell, cell_breakdown
from energy.surroundings import access_energy
from ipcircuit.parameters import Reader

AXES = ("precision", "sram_bytes", "batch", "technology")
LEAVES_OUT = "activation functions, control, clock, leakage, wires"


def scale(read: Reader, technology: str) -> Any:
    """What energies of the 45 nm table are multiplied with."""
    return read(NODE_SCALE) if technology == "28 nm" else 1.0


def recurrent_cost(cell: RecurrentCell, scenario: Scenario, scores: Mapping[str, float] | None = None) -> Cost:
    """A recurrent layer's energy per sample, as `energy.digital.digital_energy` has it.

    Where several samples run together, each step reads the weights once for all of them.

    Args:
        scores: of a network with this layer, where it was trained.
    """

    def energy_J(read: Reader) -> Any:
        access = access_energy(scenario.sram_bytes, read)
        parts = cell_breakdown(cell, scenario.precision, read, access_J=access, batch=scenario.batch)
        return sum(parts.values()) * scale(read, scenario.technology)

    system = f"{cell.kind} digital {scenario.precision}, {scenario.technology}"
    basis = "assumed" if scenario.technology == "28 nm" else "published"
    size = {
        "inputs": cell.inputs,
        "hidden": cell.hidden,
        "frames": cell.frames,
        "leaves out": LEAVES_OUT,
        **(scores or {}),
    }
    return cost(system, basis, energy_J, axes=AXES, conditions=size)
