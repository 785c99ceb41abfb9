"""What moves energy, margin, latency and yield of random copies: tables of the command `montecarlo`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ipcircuit.cli import console

if TYPE_CHECKING:
    from circuits.testbench import Testbench
    from energy.variation.montecarlo.montecarlo import MonteCarlo

_SHOWN = 10  # deviates or groups
_LABELS = {  # of columns
    "paper_energy_per_operation_J": "paper",
    "circuit_energy_per_operation_J": "circuit",
    "system_energy_per_operation_J": "system",
    "margin_V": "margin",
    "latency_s": "latency",
    "yield": "yield",
}


def check(testbench: Testbench, runs: int | None, base_rows: int | None) -> None:
    """Refuse what cannot be told before anything is simulated, and say what indices cost.

    Args:
        runs: copies of a ranking; None: none is asked for.
        base_rows: of Sobol indices; None likewise.
    """
    from energy.variation.tails.indices import Groups
    from energy.variation.tails.sensitivity import check_copies
    from ipcircuit.reliability.sobol import check_base_rows

    if runs is not None:
        check_copies(testbench, runs)
    if base_rows is not None:
        check_base_rows(base_rows)
        groups = Groups.of(testbench)
        copies, number = groups.copies(base_rows), len(groups.members)
        console.print_note(
            f"Sobol indices take {copies:,} copies: {base_rows} of each of {number} groups, and twice more"
        )


def ranking(testbench: Testbench, copies: MonteCarlo) -> dict[str, Any]:
    """The ranking from the copies of a run, for its JSON; all are at one fidelity."""
    from energy.variation.tails.sensitivity import of_copies

    return {"sensitivity": of_copies(testbench, max(copies.copies.values(), key=len)).to_json()}


def indices(
    testbench: Testbench, copies: MonteCarlo, base_rows: int, jobs: int | None, folder: Path | None
) -> dict[str, Any]:
    """Sobol indices of the circuit of a run, for its JSON."""
    from energy.variation.tails.indices import Groups, circuit_indices

    with console.progress_bar("copies for Sobol indices") as progress:
        found = circuit_indices(
            testbench,
            Groups.of(testbench),
            base_rows,
            copies.seed,
            driver=copies.typical.driver,
            n_jobs=jobs,
            progress=progress,
            folder=folder,
        )
    return {"sobol_indices": found.to_json()}


def show(result: Mapping[str, Any]) -> None:
    """The tables of what a run's JSON has of both."""
    if "sensitivity" in result:
        show_sensitivity(result["sensitivity"])
    if "sobol_indices" in result:
        show_indices(result["sobol_indices"])


def show_sensitivity(record: Mapping[str, Any]) -> None:
    """Shares of the ten deviates that move most, in per cent, a column per quantity; then by instance."""
    quantities = {name: found for name, found in record["quantities"].items() if name in _LABELS}
    shares = {name: {row["deviate"]: row["share"] for row in found["shares"]} for name, found in quantities.items()}
    rows = [(name, *(console.percent(shares[key][name]) for key in quantities)) for name in record["ranking"][:_SHOWN]]
    explained = [found["explained"] for found in quantities.values()]
    rows.append(("explained", *(console.percent(value) for value in explained)))
    below = [
        f"from {record['copies']:,} copies; energies per operation by scope, margin and latency: share of the variance",
        *_yield_lines(quantities),
        *(
            f"{_LABELS[name]} by instance: {_instances(found['instances'])}"
            for name, found in quantities.items()
            if name in ("circuit_energy_per_operation_J", "margin_V", "yield")
        ),
    ]
    columns = ["deviate", *(_LABELS[name] for name in quantities)]
    console.print_table("what moves the results (%)", columns, rows, right=columns[1:], below="\n".join(below))


def _yield_lines(quantities: Mapping[str, Any]) -> list[str]:
    if "yield" in quantities:
        return [f"yield: {quantities['yield']['method']}"]
    return ["yield: too few copies fail to tell"]


def _instances(groups: Mapping[str, float]) -> str:
    largest = [(name, share) for name, share in groups.items() if share >= 0.005][:5]
    return ", ".join(f"{name} {100 * share:.0f} %" for name, share in largest)


def show_indices(record: Mapping[str, Any]) -> None:
    """First-order and total Sobol indices of the ten groups that move most, in per cent."""
    quantities = {name: found for name, found in record["quantities"].items() if name in _LABELS}
    tables = {name: {row["group"]: row for row in found} for name, found in quantities.items()}
    largest = {group: max((t[group]["total"] for t in tables.values()), default=0.0) for group in record["groups"]}
    rows = [
        (group, *(f"{_index(t[group]['first'])} / {_index(t[group]['total'])}" for t in tables.values()))
        for group in sorted(largest, key=lambda group: -largest[group])[:_SHOWN]
    ]
    below = (
        f"first-order / total, from {record['copies']:,} copies at {record['fidelity']}; "
        "energies per operation by scope; intervals in the JSON"
    )
    columns = ["group", *(_LABELS[name] for name in quantities)]
    console.print_table("Sobol indices (%)", columns, rows, right=columns[1:], below=below)


def _index(value: float) -> str:
    return f"{100 * value:.0f}"
