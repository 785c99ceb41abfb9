"""Work of a network, or of a part of it, on a digital chip as a function of the table's energies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energy.break_even.costs.digital import AXES, scale
from energy.break_even.problem import Cost, cost
from energy.break_even.scenario import Scenario
from energy.inference import LEAVES_OUT, Work, read_prices, work_breakdown
from energy.surroundings import access_energy
from ipcircuit.parameters import Reader

WITHOUT_BATCH = tuple(name for name in AXES if name != "batch")  # each sample has states and spikes of its own


def work_cost(
    system: str,
    work: Work,
    scenario: Scenario,
    activation: int = 8,
    precision: str | None = None,
    conditions: Mapping[str, Any] | None = None,
) -> Cost:
    """Energy of a sample's work on a digital chip, as `energy.inference.inference_energy` has it.

    Args:
        activation: bits. precision: of the work; None: that of the scenario.
        conditions: what else belongs with the number.
    """
    numbers = precision or scenario.precision

    def energy_J(read: Reader) -> Any:
        prices = read_prices(numbers, activation, read, access_energy(scenario.sram_bytes, read))
        return sum(work_breakdown(work, prices).values()) * scale(read, scenario.technology)

    basis = "assumed" if scenario.technology == "28 nm" else "published"
    axes = tuple(name for name in WITHOUT_BATCH if precision is None or name != "precision")
    name = f"{system} digital {numbers}, {scenario.technology}"
    return cost(name, basis, energy_J, axes=axes, conditions={"leaves out": LEAVES_OUT, **(conditions or {})})
