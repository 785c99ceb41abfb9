"""n-back performance beside the energy of the memory, network by network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from energy.compare import operation_energy
from energy.cost import SCOPES
from energy.digital import RecurrentCell, digital_energy
from network.accounting import CIRCUIT_OF
from network.studies.memory import N_BACK, Cell
from reports.context import RunContext
from reports.reproduce_memory import results
from reports.tables.table import Table

STEPS = 20


def n_back_energy(context: RunContext) -> Table:
    """PR by n; energy of the memory per trial: IPNet's input layer by scope, the LSTM's digital estimate."""
    found, rows = results(context), list[dict[str, Any]]()
    record = next((r for r in found.records if Cell("", "nback", "ipnet", {"n": 2}).holds(r)), None)
    if record is not None:
        layer = next(entry for entry in record["layers"] if entry["layer"] == "input_neurons")
        for scope in SCOPES:
            energy = _energy(context, layer, scope)
            rows.append({"network": "IPNet (N = 32)", "basis": f"simulated, {scope}", **_pr(context, "ipnet"),
                         "operations": layer["operations_per_trial"], "energy_per_trial_J": energy})  # fmt: skip
    inputs, hidden, _ = record["topology"] if record else (225, 225, 2)
    for precision in ("fp32", "int8"):
        estimate = digital_energy(RecurrentCell("LSTM", inputs, hidden, STEPS), precision)
        rows.append({"network": "LSTM", "basis": f"digital {precision}, 28 nm, assumed factor", **_pr(context, "lstm"),
                     "operations": float(estimate.cell.macs * STEPS),
                     "energy_per_trial_J": estimate.energy_per_sample_28nm_J})  # fmt: skip
    return Table(
        "memory_n_back", "n-back: performance and energy of the memory",
        "One trial is a sequence of 20 items. IPNet: set pulses of the input layer, counted while the stored network "
        "ran, times the simulated differential neuron; its hidden layer has no memory and is left out, as the source "
        "leaves out the backbone. LSTM: multiply-accumulates and SRAM traffic of a layer of equal size, a lower bound. "
        f"Performance: {found.origin}.",
        rows, {f"PR_n{n}": f"PR, n = {n}" for n in N_BACK},
    )  # fmt: skip


def _energy(context: RunContext, layer: Mapping[str, Any], scope: str) -> float | None:
    one = operation_energy(context.cost(CIRCUIT_OF[layer["kind"]]), scope, layer["density"])
    return None if one is None else one * layer["operations_per_trial"]


def _pr(context: RunContext, model: str) -> dict[str, float | None]:
    curve = results(context).n_back(model)
    return {f"PR_n{n}": curve[n].mean if n in curve else None for n in N_BACK}
