"""What trained networks of snnTorch, SpikingJelly and Norse cost with each of our neurons, and with what accuracy.

    python benchmarks/network_energy.py [--tools NAME …] [--circuits NAME …] [--chips N] [--montecarlo N] [--json FILE]

The digits and networks of `network_swap.py`; a row for each tool and circuit, as `ipcircuit cost` counts it, with the
intervals that random copies of the circuit leave. `trimmed` is `signed_mtj` with a trim of its thresholds
(docs/methods/sizing.md). Twenty minutes on one core, most of them copies; the next time they are in the cache.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from network_swap import CIRCUITS, TOOLS, load, trained

from energy import network_cost
from energy.intervals import Kind
from ipcircuit.cli.console import interval, print_table
from ipcircuit.files import write_text_atomic
from ipcircuit.units import si

TRIMMED = {"sense_width": 2e-6, "trim_legs": 5.0, "trim_share": 0.05, "reference_rows": 4.0, "hold_s": 1.5e-10}
#: Name to circuit and settings.
NEURONS: Mapping[str, tuple[str, Mapping[str, float]]] = {
    **{name: (name, {}) for name in CIRCUITS},
    "trimmed": ("signed_mtj", TRIMMED),
}
SHOWN = {Kind.MEAN: "mean of copies", Kind.COPY: "one copy"}


def joule(value: float) -> str:
    return si(value, "J", 4)


def ends(intervals: Mapping[str, Any] | None, kind: Kind) -> str:
    """An interval of a kind as text; empty without copies."""
    known = (intervals or {}).get(kind)
    return interval(known["low_J"], known["high_J"], joule) if known else ""


def rows_of(tool: str, name: str, cost: Any) -> list[list[str]]:
    """Energies, accuracies and the winner of one cost; below them the intervals of both energies in `system`."""
    outcomes = {outcome.name: outcome.accuracy for outcome in cost.suitability.outcomes}
    shares = ["" if share is None else f"{100 * share.value:.1f}" for share in outcomes.values()]
    energies = [si(one.total_J, "J", 3) for one in cost.energies.values()]
    neurons = sum(row["energy_J"]["system"] for row in cost.layers)
    rows = [[tool, name, *energies, si(neurons, "J", 3), *shares, cost.summary.split(". ")[0].partition("; ")[2]]]
    total = cost.energies["system"]
    for kind, text in SHOWN.items():
        if known := (total.intervals or {}).get(kind):
            rest = total.total_J - neurons  # taken as known
            alone = {str(kind): {end: value - rest for end, value in known.items()}}
            rows.append(["", text, "", "", ends(total.intervals, kind), ends(alone, kind), *("" for _ in shares), ""])
    return rows


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tools", nargs="+", default=list(TOOLS), choices=list(TOOLS))
    parser.add_argument("--circuits", nargs="+", default=list(NEURONS), choices=list(NEURONS))
    parser.add_argument("--chips", type=int, default=3)
    parser.add_argument("--montecarlo", type=int, default=24, help="random copies of each circuit; 0: no intervals")
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--json", type=Path, default=None)
    chosen = parser.parse_args()
    data, rows, records = load("digits", None), [], []
    for tool in chosen.tools:
        network = trained(tool, data)
        for name in chosen.circuits:
            circuit, settings = NEURONS[name]
            cost = network_cost(
                network,
                (data.test.inputs, data.test.targets),
                circuit,
                settings=settings,
                training=(data.train.inputs, data.train.targets),
                chips=chosen.chips,
                copies=chosen.montecarlo or None,
                n_jobs=chosen.jobs,
            )
            rows += rows_of(tool, name, cost)
            records.append(cost.to_json())
    accuracies = ["ideal", "circuit", "mismatch", "warm", "tuned", "tuned, mismatch"]
    columns = ["tool", "circuit", "paper", "circuit scope", "system", "neurons alone", *accuracies, "winner"]
    print_table("digits: energy per sample, accuracy (%)", columns, rows, right=columns[2:-1])
    if chosen.json is not None:
        write_text_atomic(chosen.json, json.dumps(records, indent=1))


if __name__ == "__main__":
    main()
