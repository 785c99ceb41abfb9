"""What trained networks of snnTorch, SpikingJelly and Norse cost with each of our neurons, and with what accuracy.

    python benchmarks/network_energy.py [--tools NAME …] [--circuits NAME …] [--chips N] [--montecarlo N] [--json FILE]

The digits and networks of `network_swap.py`; a row for each tool and circuit, as `ipcircuit cost` counts it. Minutes on
one core, longer with random copies.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from network_swap import CIRCUITS, TOOLS, load, trained

from energy import network_cost
from ipcircuit.cli.console import print_table
from ipcircuit.files import write_text_atomic
from ipcircuit.units import si


def row_of(tool: str, circuit: str, cost: Any) -> list[str]:
    """Energies, accuracies and the winner of one cost."""
    outcomes = {outcome.name: outcome.accuracy for outcome in cost.suitability.outcomes}
    shares = ["" if share is None else f"{100 * share.value:.1f}" for share in outcomes.values()]
    energies = [si(one.total_J, "J", 3) for one in cost.energies.values()]
    neurons = si(sum(row["energy_J"]["system"] for row in cost.layers), "J", 3)
    return [tool, circuit, *energies, neurons, *shares, cost.summary.split(". ")[0].partition("; ")[2]]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--circuits", nargs="+", default=list(CIRCUITS))
    parser.add_argument("--chips", type=int, default=3)
    parser.add_argument("--montecarlo", type=int, default=None, help="random copies of each circuit")
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    data, rows, records = load("digits", None), [], []
    for tool in chosen.tools:
        network = trained(tool, data)
        for circuit in chosen.circuits:
            cost = network_cost(
                network,
                (data.test.inputs, data.test.targets),
                circuit,
                training=(data.train.inputs, data.train.targets),
                chips=chosen.chips,
                copies=chosen.montecarlo,
            )
            rows.append(row_of(tool, circuit, cost))
            records.append(cost.to_json())
    accuracies = ["ideal", "circuit", "mismatch", "warm", "tuned", "tuned, mismatch"]
    columns = ["tool", "circuit", "paper", "circuit scope", "system", "neurons alone", *accuracies, "winner"]
    print_table("digits: energy per sample, accuracy (%)", columns, rows, right=columns[2:-1])
    if chosen.json is not None:
        write_text_atomic(chosen.json, json.dumps(records, indent=1))


if __name__ == "__main__":
    main()
